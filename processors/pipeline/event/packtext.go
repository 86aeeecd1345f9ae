package event

import (
	"unicode/utf8"
	"unsafe"
)

// line is the message of a document, which other values may be parts of.
type line struct {
	text    []byte // as it is in memory; nil: there are no parts of it
	at      int    // position of its JSON, behind the quote
	escapes [maxEscapes]int
	count   int  // of escapes: where in text a character takes two bytes
	size    int  // of the room in which the text is escaped
	wide    bool // some characters have several bytes
}

// maxEscapes is how many escapes are kept in mind; of a line with more there are no parts.
const maxEscapes = 12

// part writes a value that lies in the message.
func (p *packing) part(v *Value) bool {
	l, n := &p.e.line, uintptr(v.Num)
	begin := uintptr(unsafe.Pointer(v.bytes)) - uintptr(unsafe.Pointer(unsafe.SliceData(l.text)))
	if size := uintptr(len(l.text)); begin >= size || size-begin < n || l.wide && !utf8.Valid(v.Bytes()) {
		return false // it is none, or begins or ends within a character
	}
	k, escapes := 0, l.escapes[:l.count]
	for k < len(escapes) && escapes[k] < int(begin) {
		k++
	}
	from := l.at + int(begin) + k
	for end := int(begin + n); k < len(escapes) && escapes[k] < end; k++ {
		n++
	}
	if n > shortFar {
		p.w.Copy(from, int(n))
	} else {
		p.w.Part(from, int(n))
	}
	return true
}

// inside writes text that is no part of the message as the inside of a JSON string. It reports whether nothing had to be
// mended.
func (p *packing) inside(piece *piece, text []byte) (whole bool) {
	if piece.id == Message {
		return p.message(text)
	}
	return p.inner(text)
}

// inner is inside for text that nothing is known of.
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
		return p.inner(text)
	}
	l.text, l.at = text, p.w.At()
	p.w.Find(len(text) + l.count)
	return true
}
