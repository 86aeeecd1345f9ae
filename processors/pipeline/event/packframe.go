package event

import (
	"encoding/binary"
	"unsafe"
)

// last is what was written as a piece's value in the document before that had the same frame. There are some dozens for
// each frame, so they are kept small.
type last struct {
	at    int32 // position of the text before the value
	size  int32 // bytes of the value; 0: it is not kept in mind
	kind  Kind
	short uint8          // how many bytes a short text has
	head  uint64         // of a short text, see ends; or a number; or the seconds of an instant
	tail  uint64         // of a short text
	bytes unsafe.Pointer // those of a value that stays
}

const (
	// shortText is how long values are of which a copy is kept: words that come again and again. At most 16.
	shortText = 16
	// findFrom is the shortest value in which repetitions are looked for.
	findFrom = 40
	// shortFar is the most bytes of a value that are cheaper written once more than pointed to.
	shortFar = 5
	// fewest is how many bytes a document must end in that are no repetition; see packed.Writer.
	fewest = 8
	// timeHead is the length of an instant up to its second, with its quote.
	timeHead = len(`"2006-01-02T15:04:05`)
)

// piecePacking is one value on its way.
type piecePacking struct {
	*packing
	frame *frame
	final int // the slot that ends the document; none: -1
	slot  int
	value *Value
	last  *last
	text  []byte // before the value
	know  bool   // where the piece was last
	short bool   // the value at work ends the document in fewer bytes than it must
	back  int    // quotes that are still to be written behind the value before: 0 or 1
	head  uint64 // of a short value; see ends
	tail  uint64
}

// pieces writes the fields of a frame, and the closers behind them if there are any: they end the document.
func (p *packing) pieces(f *frame, closers string) {
	opened := p.w.At() == p.start
	v := piecePacking{packing: p, frame: f, final: -1, know: f.epoch == p.epoch && f.opened == opened}
	f.epoch, f.opened = p.epoch, opened
	if closers != "" {
		v.final = len(f.pieces) - 1
	}
	for slot := 0; slot < len(f.pieces); slot++ {
		switch v.turnTo(slot); {
		case slot == v.final:
			v.end(closers)
			return
		case v.value.Lasting:
			slot = v.run() - 1
		case v.value.Kind == KindString:
			v.string(f.pieces[slot].id == Message)
		case v.value.Kind == KindQuoted, v.value.Kind == KindNumber, v.value.Kind == KindRaw:
			v.ready()
		case v.value.Kind == KindTime:
			v.time()
		default:
			v.other()
		}
	}
	if v.back > 0 {
		p.w.LiteralByte('"')
	}
}

// turnTo makes the value of a slot the one at work.
func (v *piecePacking) turnTo(slot int) {
	piece := &v.frame.pieces[slot]
	v.slot, v.value, v.last = slot, &v.e.values[piece.id], &piece.last
	v.text = v.frame.text[v.frame.start(slot):piece.end]
}

// before writes the text before the value and the first n bytes of the value, which are those of last time.
func (v *piecePacking) before(n int) {
	now := v.w.At() + v.back
	if v.know {
		v.w.Copy(int(v.last.at)-v.back, v.back+len(v.text)+n)
	} else {
		v.fresh()
	}
	v.last.at = int32(now)
	v.back = 0
}

// fresh writes the text before the value where the frame is new in the block: others may have had the same text.
func (v *piecePacking) fresh() {
	if v.back > 0 {
		v.w.LiteralByte('"')
	}
	at, first := v.w.At(), v.slot == 0
	name := v.frame.pieces[v.slot].text
	known := &v.e.texts[name*0x9e3779b1>>(32-textBits)]
	switch {
	case first && at != v.start: // behind tags
		v.w.Literal(v.text)
		return
	case known.name == name && known.epoch == v.epoch && !v.short:
		v.w.Copy(int(known.at), len(v.text))
		return
	case first:
		v.w.LiteralByte('{') // in place of the first comma
		v.w.Literal(v.text[1:])
	default:
		v.w.Literal(v.text)
	}
	*known = textPlace{name, v.epoch, uint16(at)}
}

// textPlace is where a text between two fields stood first in a block.
type textPlace struct {
	name, epoch uint32
	at          uint16
}

// texts are those of the block at work, by the fields before and after.
type texts [1 << textBits]textPlace

const textBits = 7

// end writes the last field of a document. A block may end here, so its end is written out.
func (v *piecePacking) end(closers string) {
	out, valid := v.value.append(v.e.render[:0])
	out = append(out, closers...)
	v.e.render = out
	v.mended = v.mended || !valid
	v.short = len(out) < fewest // then the text before it is written out, too
	v.know = v.know && !v.short
	v.before(0)
	v.w.Literal(out)
	v.last.forget(KindNull)
	v.closed = true
}

// forget keeps nothing but the kind of a value in mind.
func (l *last) forget(kind Kind) { l.kind, l.size, l.bytes = kind, 0, nil }

// quoted reports whether the value had quotes.
func (l *last) quoted() bool {
	return l.kind == KindString || l.kind == KindQuoted || l.kind == KindTime
}

// again reports whether a short value is the same as last time, and takes note of it for keep.
func (v *piecePacking) again() bool {
	l, n := v.last, len(v.value.Bytes)
	if n > shortText {
		return false
	}
	head, tail := ends(v.value.Bytes)
	v.head, v.tail = head, tail
	return v.know && l.head == head && l.tail == tail && int(l.short) == n && l.kind == v.value.Kind && l.size > 0 && l.bytes == nil
}

// keep keeps a value in mind that again has looked at.
func (v *piecePacking) keep(size int) {
	l, n := v.last, len(v.value.Bytes)
	l.forget(v.value.Kind)
	if n <= shortText {
		l.short, l.size, l.head, l.tail = uint8(n), int32(size), v.head, v.tail
	}
}

// ends are the first and the last eight bytes of up to 16: with their number they are the same for the same bytes alone.
func ends(b []byte) (head, tail uint64) {
	n := len(b)
	if n >= word {
		return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-word:])
	}
	if n >= 4 {
		return uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))
	}
	if n > 0 {
		return uint64(b[0]) | uint64(b[n>>1])<<8 | uint64(b[n-1])<<16, 0
	}
	return 0, 0
}

// ready writes bytes that are JSON already.
func (v *piecePacking) ready() {
	if v.again() {
		v.before(int(v.last.size))
		return
	}
	v.before(0)
	b := v.value.Bytes
	if len(b) >= findFrom {
		if room := v.w.Room(len(b)); room != nil {
			copy(room, b)
			v.w.Find(len(b))
			v.keep(len(b))
			return
		}
	}
	if len(b) <= shortText {
		v.w.Short(v.head, v.tail, len(b))
	} else {
		v.w.Literal(b)
	}
	v.keep(len(b))
}

// other writes numbers that we have counted, and what is rare.
func (v *piecePacking) other() {
	l, n := v.last, uint64(v.value.Num)
	if v.know && l.kind == v.value.Kind && l.head == n && l.size > 0 && l.bytes == nil {
		v.before(int(l.size))
		return
	}
	v.before(0)
	from := v.w.At()
	out, _ := v.value.append(v.e.render[:0])
	v.e.render = out
	v.w.Literal(out)
	l.forget(v.value.Kind)
	l.head, l.size = n, int32(v.w.At()-from)
}

// time writes an instant, whose second is mostly that of last time.
func (v *piecePacking) time() {
	l, sec := v.last, v.value.Num
	if v.know && l.kind == KindTime && l.head == uint64(sec) && l.bytes == nil {
		v.before(timeHead)
		v.e.render = append(appendFraction(v.e.render[:0], int(v.value.Nano)), '"')
		v.w.Literal(v.e.render)
		return
	}
	v.before(0)
	v.e.render = v.e.clock.append(v.e.render[:0], sec, v.value.Nano)
	v.w.Literal(v.e.render)
	l.forget(KindNull)
	if sec >= firstSecond && sec <= lastSecond {
		l.kind, l.head = KindTime, uint64(sec)
	}
}
