package event

// joins are fields of answers that stand side by side, as plain documents have them, by the answer and the first of the
// fields. Most answers come again and again.
type joins [1 << answerBits]join

type join struct {
	name uint64 // of the answer
	run  run
	text []byte // the values, with the texts between them
}

// joined is what the documents of a frame have of an answer at one of its pieces, but for the text before it.
func (e *Event) joined(f *frame, p *piece) []byte {
	if e.joins == nil {
		e.joins = new(joins)
	}
	a, g := e.given.answers[p.answer&(2*maxGiven-1)], &f.groups[p.group]
	known := &e.joins[(a.name^uint64(g.run))*mix>>(64-answerBits)]
	if known.name != a.name || known.run != g.run {
		known.name, known.run, known.text = a.name, g.run, known.text[:0]
		for i := range g.inner {
			field := &g.inner[i]
			if i > 0 {
				known.text = append(known.text, f.text[field.begin:field.end]...)
			}
			known.text = append(known.text, a.json(field.part)...)
		}
	}
	return known.text
}
