package event

import (
	"unicode/utf8"
	"unsafe"
)

// parts are the stretches of a message that stand in JSON as they are. Most strings of a document are cut from its message,
// which is written before them: what lies within such a stretch need not be looked at again.
type parts struct {
	text  []byte            // the message; nil: there are no parts of it
	marks [maxMarks + 1]int // where the text has something else; behind them, as far as the text is known
	count int               // of marks
}

// maxMarks is how many places are kept in mind. What stands behind them is no part.
const maxMarks = 15

// forget makes it a message that nothing is part of.
func (p *parts) forget() { p.text = nil }

// has reports whether a value lies within a stretch.
func (p *parts) has(v *Value) bool {
	begin, n := int(uintptr(unsafe.Pointer(v.bytes))-uintptr(unsafe.Pointer(unsafe.SliceData(p.text)))), int(v.Num)
	if begin < 0 || begin+n > len(p.text) {
		return false
	}
	for _, mark := range p.marks[:p.count+1] {
		if mark >= begin {
			return begin+n <= mark
		}
	}
	return false
}

// appendMessage is AppendString for the message, and takes note of its parts.
func (p *parts) appendMessage(dst, text []byte) (out []byte, valid bool) {
	p.text, p.count = text, 0
	dst = append(dst, '"')
	for at := 0; ; at++ {
		var n int
		dst, n = appendPlain(dst, text[at:])
		at += n
		p.marks[p.count] = at
		if at == len(text) {
			return append(dst, '"'), true
		}
		c := text[at]
		if c >= utf8.RuneSelf || p.count == maxMarks {
			dst, valid = appendInner(dst, text[at:])
			return append(dst, '"'), valid
		}
		dst = appendEscape(dst, c)
		p.count++
	}
}
