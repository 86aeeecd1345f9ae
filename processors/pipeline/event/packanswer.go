package event

import "unsafe"

// Answers are known by their names, and values that stay by where they are in memory.

const (
	// Sizes of the tables, as powers of two; they stay small enough for the processor's nearest cache.
	answerBits, placeBits = 9, 8
	mix                   = 0x9e3779b97f4a7c15
)

// answers are where fields of answers were written in the block at work, by the answer and the first of the fields.
type answers [1 << answerBits]packedAnswer

type packedAnswer struct {
	name    uint64 // of the answer
	run     run
	epoch   uint32
	between uint32 // names the text before it
	size    int32
	at      uint16
	quote   bool // a quote stands before that text
}

// answer writes the fields of an answer that stand side by side.
func (p *packing) answer(piece *piece) {
	a, l := p.e.given.answers[piece.answer&(2*maxGiven-1)], &piece.last
	if p.know && l.head == a.name {
		p.before(piece, int(l.size))
		return
	}
	group := &p.frame.groups[piece.group]
	known := &p.e.answers[(a.name^uint64(group.run))*mix>>(64-answerBits)]
	again := known.name == a.name && known.epoch == p.epoch && known.run == group.run
	switch {
	case again && known.between == piece.between && (known.quote || p.back == 0) && piece.begin > 0:
		back, w := p.back, p.w
		n := back + int(piece.end-piece.begin)
		l.at, p.back = int32(w.At()+back), 0
		w.Copy(int(known.at)-n, n+int(known.size))
	case again && known.size > shortFar:
		p.before(piece, 0)
		p.w.Copy(int(known.at), int(known.size))
	default:
		p.newAnswer(piece, group, a, known)
	}
	l.head, l.size = a.name, known.size
}

// newAnswer writes fields of an answer that is new in the block. Others may have had the same texts and values.
func (p *packing) newAnswer(piece *piece, group *group, a *Answer, known *packedAnswer) {
	quote := p.back > 0
	p.before(piece, 0)
	at := p.w.At()
	for i := range group.inner {
		field := &group.inner[i]
		if i > 0 {
			p.between(field.between, field.begin, field.end)
		}
		if brief, n := a.brief(field.part); brief != nil {
			p.w.LiteralBrief(brief, n)
		} else {
			p.w.Literal(a.json(field.part))
		}
	}
	known.name, known.run, known.epoch = a.name, group.run, p.epoch
	known.between, known.size, known.at, known.quote = piece.between, int32(p.w.At()-at), uint16(at), quote
}

// places are where values that stay were written last in the block at work, by their bytes.
type places [1 << placeBits]packedPlace

// packedPlace is one of them. It holds the bytes, so nothing else can be there.
type packedPlace struct {
	bytes unsafe.Pointer
	n     int
	epoch uint32
	at    int32
}

// lasting writes a value that stays.
func (p *packing) lasting(piece *piece, text []byte) {
	l, bytes, n := &piece.last, unsafe.Pointer(unsafe.SliceData(text)), len(text)
	if p.know && l.kept == keptBytes && l.bytes == bytes && int(l.size) == n {
		p.before(piece, n)
		return
	}
	p.before(piece, 0)
	l.kept, l.quoted, l.bytes, l.size = keptBytes, n > 0 && text[0] == '"', bytes, int32(n)
	at, known := p.w.At(), &p.e.places[uint64(uintptr(bytes))*mix>>(64-placeBits)]
	if known.bytes == bytes && known.n == n && known.epoch == p.epoch && n > shortFar {
		p.w.Copy(int(known.at), n)
		return
	}
	p.w.Literal(text)
	*known = packedPlace{bytes, n, p.epoch, int32(at)}
}
