package event

import "slices"

// Most strings of a document are cut from its message, which is written before them: what needs no escape there needs none
// where it stands again.

// appendString appends the text of a field.
func (e *Event) appendString(dst []byte, id ID, v *Value) (out []byte, valid bool) {
	switch {
	case id == Message:
		return e.line.append(dst, v.Bytes())
	case e.line.hasPlain(v):
		dst = append(append(slices.Grow(dst, int(v.Num)+2), '"'), v.Bytes()...)
		return append(dst, '"'), true
	}
	return AppendString(dst, v.Bytes())
}

// append is AppendString that takes note of what is needed to know parts of the text.
func (l *line) append(dst, text []byte) (out []byte, valid bool) {
	dst = append(slices.Grow(dst, len(text)+escapeRoom+2), '"')
	at := len(dst)
	if !l.escape(dst[at:at+len(text)+escapeRoom], text) {
		l.forget()
		dst, valid = appendInner(dst, text)
		return append(dst, '"'), valid
	}
	l.text, l.escapes[l.count+1] = text, len(text)
	return append(dst[:at+len(text)+l.count], '"'), true
}

// hasPlain reports whether a value lies in the text and holds nothing that is escaped, or wide.
func (l *line) hasPlain(v *Value) bool {
	begin, n := l.offset(v), int(v.Num)
	return begin >= 0 && begin+n <= len(l.text) && !l.wide && begin+n <= l.escapes[l.escapesUntil(begin)+1]
}
