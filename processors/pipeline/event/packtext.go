package event

import (
	"unicode/utf8"
	"unsafe"
)

// line is the message of a document, which other values may be parts of.
type line struct {
	text    []byte         // as it is in memory; nil: there are no parts of it
	plain   unsafe.Pointer // where text begins, if no character has several bytes; else nil
	at      int            // position of its JSON, behind the quote
	escapes escapes
	count   int  // of escapes
	size    int  // of the room in which the text is escaped
	wide    bool // some characters have several bytes
}

// escapes are where in a text a character takes two bytes, from the second place on; behind them is the end of the text. The
// first place is before the text.
type escapes [16]int

// maxEscapes is how many escapes are kept in mind; of a line with more there are no parts.
const maxEscapes = 12

// forget makes it a line that nothing is part of.
func (l *line) forget() { l.text, l.plain, l.count, l.escapes[1] = nil, nil, 0, 0 }

// offset is how far behind the beginning of the text a value stands in memory, wherever it is.
func (l *line) offset(v *Value) int { return away(v, unsafe.Pointer(unsafe.SliceData(l.text))) }

func away(v *Value, from unsafe.Pointer) int {
	return int(uintptr(unsafe.Pointer(v.bytes)) - uintptr(from))
}

// within reports whether n bytes stand in a text behind k of its escapes and before the next. What lies nowhere does not.
func (e *escapes) within(k uint8, begin, n int) bool {
	return e[k%uint8(len(e))] < begin && begin+n <= e[(k+1)%uint8(len(e))]
}

// part is where a value stands that lies in the message, and how many bytes it has there: none if it does not lie there.
// It takes note of how many escapes stand before it.
func (l *line) part(v *Value, escapes *uint8) (from, n int) {
	begin, size := l.offset(v), int(v.Num)
	if begin < 0 || begin+size > len(l.text) || l.wide && !utf8.Valid(v.Bytes()) {
		return 0, 0 // it does not, or begins or ends within a character
	}
	k := l.escapesUntil(begin)
	*escapes = uint8(k)
	return l.at + begin + k, l.escapesUntil(begin+size) - k + size
}

// escapesUntil counts the escapes before a place in the text.
func (l *line) escapesUntil(end int) (n int) {
	for l.escapes[n+1] < end {
		n++
	}
	return n
}

// inner writes text that nothing is known of as the inside of a JSON string. It reports whether nothing had to be mended.
func (p *packing) inner(text []byte) (whole bool) {
	if len(text) >= findFrom {
		if room := p.w.Room(len(text) + len(text)/8); room != nil {
			out, valid := appendInner(room[:0], text)
			if unsafe.SliceData(out) == unsafe.SliceData(room) {
				p.w.Find(len(out))
			} else {
				p.w.Literal(out) // it has grown out of the room
			}
			p.mended = p.mended || !valid
			return valid
		}
	}
	out, valid := appendInner(p.e.render[:0], text)
	p.literal(out, valid)
	p.mended = p.mended || !valid
	return valid
}

// message is inner that takes note of what is needed to point to parts of it.
func (p *packing) message(text []byte) (whole bool) {
	l, room := &p.e.line, p.w.Room(len(text)+escapeRoom)
	if room == nil || !l.escape(room, text) {
		l.forget()
		return p.inner(text)
	}
	l.text, l.at, l.escapes[0], l.escapes[l.count+1] = text, p.w.At(), -1, len(text)
	if l.plain = unsafe.Pointer(unsafe.SliceData(text)); l.wide {
		l.plain = nil
	}
	p.w.Find(len(text) + l.count)
	return true
}
