package frame

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unit is how wide the characters of a charset are at least, and in which order their
// bytes come. In all charsets but UTF-16 a byte 0x0A is a line feed and nothing else.
type unit struct {
	width int
	big   bool
}

var (
	narrow = unit{width: 1}
	little = unit{width: 2}
	big    = unit{width: 2, big: true}
)

// Names of the charsets that the agent itself has to know.
const (
	utf8Name  = "utf-8"
	utf16Name = "utf-16"
	utf16LE   = "utf-16le"
	utf16BE   = "utf-16be"
)

// wide reports whether a charset's line feeds have two bytes.
func wide(charset string) bool { return charset == utf16LE || charset == utf16BE }

func unitOf(charset string) unit {
	switch charset {
	case utf16LE:
		return little
	case utf16BE:
		return big
	}
	return narrow
}

// Charset is the encoding that a file has whose collection names configured, and which
// begins with head: a byte order mark decides where nothing else does. Empty is UTF-8.
func Charset(configured string, head []byte) string {
	switch configured {
	case utf8Name:
		return ""
	case "", utf16Name:
	default:
		return configured
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return utf16LE
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return utf16BE
	case configured == utf16Name:
		return utf16LE
	}
	return ""
}

// HeadBytes is how much of a file Charset looks at.
const HeadBytes = 2

// at reads one unit of two bytes.
func (u unit) at(b []byte) uint16 {
	if u.big {
		return uint16(b[0])<<8 | uint16(b[1])
	}
	return uint16(b[1])<<8 | uint16(b[0])
}

// lineEnd is the end of the first line of b, its line feed included, or 0.
func (u unit) lineEnd(b []byte) int {
	if u.width == 1 {
		return bytes.IndexByte(b, '\n') + 1
	}
	for at := 0; ; {
		n := bytes.IndexByte(b[at:], '\n')
		if n < 0 {
			return 0
		}
		at = (at + n) &^ 1
		if at+1 < len(b) && u.at(b[at:]) == '\n' {
			return at + 2
		}
		if at += 2; at >= len(b) {
			return 0
		}
	}
}

// lastEnd is the end of the last whole line of b, which begins at the offset off of
// its source, or 0.
func (u unit) lastEnd(b []byte, off uint64) int {
	if u.width == 1 {
		return bytes.LastIndexByte(b, '\n') + 1
	}
	skip := int(off & 1)
	for at := (len(b)-skip)&^1 + skip - 2; at >= skip; at -= 2 {
		if u.at(b[at:]) == '\n' {
			return at + 2
		}
	}
	return 0
}

// trim cuts the line end off a line: a line feed, and one carriage return before it.
func (u unit) trim(line []byte) []byte {
	for _, c := range [...]uint16{'\n', '\r'} {
		n := len(line) - u.width
		if n < 0 || u.width == 1 && uint16(line[n]) != c || u.width == 2 && (n%2 != 0 || u.at(line[n:]) != c) {
			return line
		}
		line = line[:n]
	}
	return line
}

// mark is the length of the byte order mark that b begins with.
func (u unit) mark(b []byte) int {
	switch {
	case u.width == 1 && bytes.HasPrefix(b, mark):
		return len(mark)
	case u.width == 2 && len(b) >= 2 && u.at(b) == 0xfeff:
		return 2
	}
	return 0
}

// text is a line as patterns see it. That of UTF-16 is appended to scratch; all other
// charsets keep ASCII as it is, and patterns see their bytes.
func (u unit) text(scratch, line []byte) []byte {
	if u.width == 1 {
		return line
	}
	for ; len(line) >= 2; line = line[2:] {
		r := rune(u.at(line))
		if utf16.IsSurrogate(r) && len(line) >= 4 {
			if both := utf16.DecodeRune(r, rune(u.at(line[2:]))); both != utf8.RuneError {
				r, line = both, line[2:]
			}
		}
		scratch = utf8.AppendRune(scratch, r)
	}
	return scratch
}
