package event

import "encoding/binary"

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

// is reports whether a short text is that of last time.
func (l *last) is(kept kept, head, tail uint64, n int) bool {
	return l.head == head && l.tail == tail && int(l.short) == n && l.kept == kept
}

// keep keeps a short text in mind, of which JSON has size bytes.
func (l *last) keep(kept kept, head, tail uint64, n, size int) {
	l.kept, l.short, l.size, l.head, l.tail = kept, uint8(n), int32(size), head, tail
}

// short writes a short text that is that of last time, and keeps it in mind if it is another. It reports whether it is
// written.
func (p *packing) short(piece *piece, v *Value) bool {
	l, n := &piece.last, int(v.Num)
	head, tail := ends(v.Bytes())
	if p.know && l.is(keptText, head, tail, n) {
		l.vain = 0
		p.before(piece, int(l.size))
		return true
	}
	l.vain++
	l.kept, l.short, l.head, l.tail = keptText, uint8(n), head, tail
	return false
}

// A short text that was another one so many times is looked at so many times only, of those that are often.
const tries, often = 8, 64

// string writes text as a JSON string, which is mostly a part of the message. Its quotes are those of last time's, where
// possible.
func (p *packing) string(piece *piece, v *Value) {
	l, n := &piece.last, int(v.Num)
	if n > shortText || l.vain%often > tries {
		l.vain++
		l.kept = keptNothing
	} else if p.short(piece, v) {
		return
	}
	m := &p.e.line
	begin, before := away(v, m.plain), l.escapes // most likely
	if !p.know || !l.quoted || n <= shortFar || int(before) > m.count || !m.escapes.within(before, begin, n) {
		p.quoted(piece, v)
		return
	}
	w, back := p.w, p.back
	at, first := w.At()+back, int(l.at)-back
	l.at, l.size, p.back = int32(at), int32(n+len(`""`)), 1
	w.CopyTwo(first, back+int(piece.end-piece.begin)+1, m.at+begin+int(before), n)
}

// quoted is string for what is rare, or short.
func (p *packing) quoted(piece *piece, v *Value) {
	again := true
	if p.know && piece.last.quoted {
		p.before(piece, 1)
	} else {
		again = p.open(piece)
	}
	at := p.w.At()
	if !p.within(piece, v) {
		piece.last.kept = keptNothing // what is mended is told of each time
	}
	piece.last.size = int32(p.w.At() - at + len(`""`))
	if p.back = 1; !again {
		p.quote()
	}
}

// within writes what stands between the quotes. It reports whether nothing had to be mended.
func (p *packing) within(piece *piece, v *Value) (whole bool) {
	if piece.id == Message {
		return p.message(v.Bytes())
	}
	switch from, n := p.e.line.part(v, &piece.last.escapes); {
	case n > shortFar:
		p.w.Copy(from, n)
	case n > 0:
		p.w.Part(from, n)
	default:
		return p.inner(v.Bytes())
	}
	return true
}

// open writes the text before a string, and its first quote, where there was no string last time. It reports whether the
// text behind it has a quote before it wherever it is taken from.
func (p *packing) open(piece *piece) (again bool) {
	p.before(piece, 0)
	p.w.LiteralByte('"')
	piece.last.quoted = true
	return !p.know // then it is written anew
}

// ready writes bytes that are JSON already.
func (p *packing) ready(piece *piece, v *Value) {
	l, n := &piece.last, len(v.Bytes())
	if n <= shortText {
		head, tail := ends(v.Bytes())
		if p.know && l.is(keptJSON, head, tail, n) {
			p.before(piece, n)
			return
		}
		p.before(piece, 0)
		p.w.Short(head, tail, n)
		l.keep(keptJSON, head, tail, n, n)
		l.quoted = v.Kind == KindQuoted
		return
	}
	p.before(piece, 0)
	if l.kept, l.quoted = keptNothing, v.Kind == KindQuoted; n >= findFrom {
		if room := p.w.Room(n); room != nil {
			copy(room, v.Bytes())
			p.w.Find(n)
			return
		}
	}
	p.w.Literal(v.Bytes())
}

// other writes numbers that we have counted, and what is rare.
func (p *packing) other(piece *piece, v *Value) {
	l, n := &piece.last, uint64(v.Num)
	if v.Kind != KindInt {
		p.before(piece, 0)
		p.literal(v.append(p.e.render[:0]))
		l.kept, l.quoted = keptNothing, false
		return
	}
	if p.know && l.kept == keptCount && l.head == n {
		p.before(piece, int(l.size))
		return
	}
	p.before(piece, 0)
	at := p.w.At()
	p.literal(v.append(p.e.render[:0]))
	l.kept, l.quoted, l.head, l.size = keptCount, false, n, int32(p.w.At()-at)
}

// literal writes what was rendered.
func (p *packing) literal(out []byte, _ bool) {
	p.e.render = out
	p.w.Literal(out)
}

// zeroFraction is what most instants of logs end in; zeroHead and zeroTail are its ends.
const (
	zeroFraction = `.000Z"`
	zeroHead     = '.' | '0'<<8 | '0'<<16 | '0'<<24
	zeroTail     = '0' | '0'<<8 | 'Z'<<16 | '"'<<24
)

// time writes an instant, whose second is mostly that of last time.
func (p *packing) time(piece *piece, sec int64, nano int) {
	l := &piece.last
	if p.know && l.kept == keptSecond && l.head == uint64(sec) {
		p.before(piece, timeHead)
		if nano == 0 {
			p.w.Short(zeroHead, zeroTail, len(zeroFraction))
		} else {
			p.literal(append(appendFraction(p.e.render[:0], nano), '"'), true)
		}
		return
	}
	p.before(piece, 0)
	p.literal(p.e.clock.append(p.e.render[:0], sec, int32(nano)), true)
	if l.kept, l.quoted = keptNothing, true; sec >= firstSecond && sec <= lastSecond {
		l.kept, l.head = keptSecond, uint64(sec)
	}
}
