package event

import (
	"unicode/utf8"
	"unsafe"
)

// line is the message of a document, which other values may be parts of.
type line struct {
	text    []byte              // as it is in memory; nil: there are no parts of it
	at      int                 // position of its JSON, behind the quote
	escapes [maxEscapes + 1]int // where in text a character takes two bytes; behind them, the end of the text
	count   int                 // of escapes
	size    int                 // of the room in which the text is escaped
	wide    bool                // some characters have several bytes
}

// maxEscapes is how many escapes are kept in mind; of a line with more there are no parts.
const maxEscapes = 12

// forget makes it a line that nothing is part of.
func (l *line) forget() { l.text, l.count, l.escapes[0] = nil, 0, 0 }

// offset is how far behind the beginning of the text a value stands in memory, wherever it is.
func (l *line) offset(v *Value) int {
	return int(uintptr(unsafe.Pointer(v.bytes)) - uintptr(unsafe.Pointer(unsafe.SliceData(l.text))))
}

// plain reports whether n bytes stand in the text behind k escapes and hold none, and nothing is wide.
func (l *line) plain(k, begin, n int) bool {
	return k <= l.count && begin+n <= l.escapes[k] && begin >= 0 && (k == 0 || l.escapes[k-1] < begin) && !l.wide
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
	for l.escapes[n] < end {
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
	l.text, l.at, l.escapes[l.count] = text, p.w.At(), len(text)
	p.w.Find(len(text) + l.count)
	return true
}
