package event

// plan is how documents are written that have the same fields.
type plan struct {
	fields []uint64 // by ID; those the document was planned for
	tagged bool     // with tags
	final  ID       // the last field that is the event's own; with it, what stands before it is, too
	shapes []*shape
	frame  frame  // those before the tags; without tags, all
	behind frame  // those behind the tags
	last   *place // of the event's own, behind the tags if there are any
	nth    int    // which of the fixed fields is the first behind it
	tail   *Tail  // those
	layout int    // of the event, when last and nth were found; 0: they are looked for again
	fixes  int    // of the event, when the tail was found
}

// plans are those an event has used lately, by a hash of their fields.
type plans struct {
	known [planSets][plansOfSet]*plan
	made  int // how many there ever were
}

// Events of most streams have a dozen sets of fields.
const planSets, plansOfSet = 16, 4

// planned finds the plan of the document as it is now.
func (e *Event) planned() *plan {
	for _, p := range e.plansLike() {
		if p != nil && p.layout == e.layout && !e.touched && p.fits(e) {
			if p.fixes != e.fixes {
				p.tail, p.fixes = e.tailBehind(p.last, p.nth), e.fixes
			}
			return p
		}
	}
	return e.find()
}

// plansLike are those that may be of a document like this.
func (e *Event) plansLike() *[plansOfSet]*plan {
	hash := uint64(e.given.count)
	for i := range e.bits {
		hash = (hash ^ e.bits[i].present) * mix
		hash ^= hash >> 32
	}
	for _, s := range e.given.all() {
		hash += uint64(s.name)
	}
	return &e.plans.known[hash%planSets]
}

// fits reports whether the plan is for the fields, the answers and the tags that an event has. While the fields are as many
// as they were, their values are where they were.
func (p *plan) fits(e *Event) bool {
	if len(p.fields) != len(e.bits) || len(p.shapes) != e.given.count || p.tagged != e.hasTags() {
		return false
	}
	differ := uint64(0)
	for i, fields := range p.fields {
		differ |= fields ^ e.bits[i].present
	}
	for i, s := range p.shapes {
		if s != e.given.shapes[i] {
			return false
		}
	}
	return differ == 0
}

// find makes sure that the document is one that can be written, and plans it where that was not done before.
func (e *Event) find() *plan {
	e.arrange()
	end := e.ownEnd()
	last := e.lastOwn(end)
	if last != topLevel {
		e.settleField(last.id) // a document ends in a field of its own
	}
	final := None
	if end > 0 {
		final = e.schema.document[end-1].id
	}
	set := e.plansLike()
	for _, p := range set {
		if p != nil && p.final == final && p.fits(e) {
			p.renew(e, end)
			return p
		}
	}
	e.plans.made++
	at := &set[e.plans.made%plansOfSet]
	if *at == nil {
		*at = &plan{}
	}
	p := *at
	p.make(e, end)
	p.final, p.last = final, last
	p.renew(e, end)
	return p
}

// renew looks for the tail again. The plan of an event whose fixed fields were changed is not found for others.
func (p *plan) renew(e *Event, end int) {
	if p.layout = e.layout; e.touched {
		p.layout = 0
	}
	p.nth = e.fixedFrom(end)
	p.tail, p.fixes = e.tailBehind(p.last, p.nth), e.fixes
}

// own reports whether documents have anything of their own.
func (p *plan) own() bool { return p.last != topLevel || p.tagged }

// make plans the document of an event anew.
func (p *plan) make(e *Event, end int) {
	p.tagged = e.hasTags()
	p.fields, p.shapes = p.fields[:0], append(p.shapes[:0], e.given.all()...)
	for i := range e.bits {
		p.fields = append(p.fields, e.bits[i].present)
	}
	p.frame.begin(topLevel, p.shapes)
	p.behind.begin(topLevel, p.shapes)
	f := &p.frame
	for rank, place := range e.schema.document[:end] {
		if p.tagged && rank == int(e.schema.rank[Tags]) {
			f = &p.behind
		}
		if e.isPresent(place.id) && !place.skip {
			f.add(place, &e.values[place.id])
		}
	}
}

// lastOwn is the field behind which the tail stands, that of the fields from a rank on.
func (e *Event) lastOwn(end int) *place {
	tags := -1
	if e.hasTags() {
		tags = int(e.schema.rank[Tags])
	}
	for r := end - 1; r > tags; r-- {
		if p := e.schema.document[r]; e.isPresent(p.id) && !p.skip {
			return p
		}
	}
	return topLevel
}

func (e *Event) hasTags() bool { return len(e.tags) > 0 || e.isPresent(Tags) }
