package event

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// line is the message of a document, which other values may be parts of.
type line struct {
	text    []byte // as it is in memory; nil: there are no parts of it
	at      int    // position of its JSON, behind the quote
	escapes [maxEscapes]int
	count   int  // of escapes: where in text a character takes two bytes
	wide    bool // some characters have several bytes
}

// maxEscapes is how many escapes are kept in mind; of a line with more there are no parts.
const maxEscapes = 12

// string writes text as a JSON string. Its quotes are those of last time's, where possible.
func (v *piecePacking) string(message bool) {
	if v.again() {
		v.before(int(v.last.size))
		return
	}
	w, text := v.w, v.value.Bytes
	quoted := v.know && v.last.quoted()
	from := w.At() + v.back + len(v.text)
	if quoted {
		v.before(1)
	} else {
		v.before(0)
		w.LiteralByte('"')
	}
	mended := v.mended
	v.mended = false
	switch {
	case message:
		v.message(text)
	case !v.part(text):
		v.inner(text)
	}
	if v.keep(w.At() - from + 1); v.mended {
		v.last.size = 0 // it is told of each time
	}
	if v.mended = v.mended || mended; quoted {
		v.back = 1
	} else {
		w.LiteralByte('"')
	}
}

// part writes text that lies in the message.
func (v *piecePacking) part(text []byte) bool {
	l := &v.line
	begin := uintptr(unsafe.Pointer(unsafe.SliceData(text))) - uintptr(unsafe.Pointer(unsafe.SliceData(l.text)))
	end := begin + uintptr(len(text))
	if begin > uintptr(len(l.text)) || end > uintptr(len(l.text)) || len(text) == 0 || l.wide && !utf8.Valid(text) {
		return false // it is none, or begins or ends within a character
	}
	from, to := l.at+int(begin), l.at+int(end)
	for i := 0; i < l.count && l.escapes[i] < int(end); i++ {
		if to++; l.escapes[i] < int(begin) {
			from++
		}
	}
	v.w.Part(from, to-from)
	return true
}

// inner writes the inside of a string.
func (v *piecePacking) inner(text []byte) {
	if len(text) >= findFrom {
		if room := v.w.Room(len(text) + len(text)/8); room != nil {
			out, valid := appendInner(room[:0], text)
			v.mended = v.mended || !valid
			if unsafe.SliceData(out) == unsafe.SliceData(room) {
				v.w.Find(len(out))
			} else {
				v.w.Literal(out) // it has grown out of the room
			}
			return
		}
	}
	out, valid := appendInner(v.e.render[:0], text)
	v.e.render = out
	v.mended = v.mended || !valid
	v.w.Literal(out)
}

// message is inner that takes note of what is needed to point to parts of it.
func (v *piecePacking) message(text []byte) {
	room := v.w.Room(len(text) + maxEscapes + 2*word)
	if room == nil || !v.line.escape(room, text) {
		v.inner(text)
		return
	}
	l := &v.line
	l.text, l.at = text, v.w.At()
	v.w.Find(len(text) + l.count)
}

// escape writes text as the inside of a JSON string, which has no other escapes than maxEscapes of two bytes; it reports
// whether that is so. There is room for all these and a word.
func (l *line) escape(room, text []byte) bool {
	i, count := 0, 0
	l.count, l.wide = 0, false
	for {
		for i+2*word <= len(text) {
			a, b := binary.LittleEndian.Uint64(text[i:]), binary.LittleEndian.Uint64(text[i+word:])
			to := room[i+count:]
			binary.LittleEndian.PutUint64(to, a)
			binary.LittleEndian.PutUint64(to[word:], b)
			if special(a)|special(b) != 0 {
				break
			}
			i += 2 * word
		}
		if i == len(text) {
			l.count = count
			return true
		}
		if i+word <= len(text) {
			w := binary.LittleEndian.Uint64(text[i:])
			binary.LittleEndian.PutUint64(room[i+count:], w)
			marks := special(w)
			if marks == 0 {
				i += word
				continue
			}
			i += bits.TrailingZeros64(marks) >> 3
		}
		switch c := text[i]; {
		case isPlain(c):
			room[i+count] = c
			i++
		case c >= utf8.RuneSelf:
			n, ok := runesEnd(text[i:])
			if !ok {
				return false
			}
			copy(room[i+count:], text[i:i+n])
			l.wide = true
			i += n
		default:
			if count == maxEscapes {
				return false
			}
			if c != '"' && c != '\\' {
				if c = shortEscape(c); c == 0 {
					return false
				}
			}
			room[i+count], room[i+count+1] = '\\', c
			l.escapes[count] = i
			count++
			i++
		}
	}
}
