package bulk

// Part is some events of one run of a batch, one behind the other. It is how documents are
// held that have to wait: their text stays in the batch, as it came.
type Part struct {
	Batch *Batch
	run   int // index into the batch's runs
	first int // the first event, as counted in the batch
	count int
}

// PartsOf are the parts that items, in their order, come from. Repairs are forgotten.
func PartsOf(items []Item) (parts []Part) {
	for i := range items {
		it := &items[i]
		if n := len(parts); n > 0 {
			p := &parts[n-1]
			if p.Batch == it.Batch && p.run == it.Run && p.first+p.count == it.Event {
				p.count++
				continue
			}
		}
		parts = append(parts, Part{it.Batch, it.Run, it.Event, 1})
	}
	return parts
}

// Docs is how many documents the part has.
func (p *Part) Docs() int { return p.count }

// Index is the name of the index that they go to.
func (p *Part) Index() string { return p.Batch.Manifest.Runs[p.run].Index }

// Head takes the first document off; a part must have one.
func (p *Part) Head() Part {
	head := Part{p.Batch, p.run, p.first, 1}
	p.first++
	p.count--
	return head
}

// Size is how many bytes the documents have.
func (p *Part) Size() (n int) {
	for i := p.first; i < p.first+p.count; i++ {
		n += p.Batch.docs.Len(p.run, i)
	}
	return n
}
