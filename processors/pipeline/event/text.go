package event

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends text as a JSON string. valid is false if bytes that are not UTF-8 became U+FFFD.
func AppendString(dst, text []byte) (out []byte, valid bool) {
	valid = true
	dst = append(dst, '"')
	for {
		var n int
		dst, n = appendPlain(dst, text)
		if text = text[n:]; len(text) == 0 {
			return append(dst, '"'), valid
		}
		if text[0] < utf8.RuneSelf {
			dst, text = appendEscape(dst, text[0]), text[1:]
			continue
		}
		n, ok := runesEnd(text)
		dst, text = append(dst, text[:n]...), text[n:]
		if !ok {
			dst, text, valid = append(dst, "\uFFFD"...), text[1:], false
		}
	}
}

// runesEnd returns the length of the characters beyond ASCII that text begins with; ok is false if a byte that is not
// UTF-8 follows them.
func runesEnd(text []byte) (n int, ok bool) {
	for n < len(text) && text[n] >= utf8.RuneSelf {
		r, size := utf8.DecodeRune(text[n:])
		if r == utf8.RuneError && size == 1 {
			return n, false
		}
		n += size
	}
	return n, true
}

// appendPlain appends text up to where PlainEnd finds an end, and returns how much that is. It looks and copies in one
// pass, eight bytes at a time: most documents are strings, and this is where their time goes.
func appendPlain(dst, text []byte) (out []byte, n int) {
	dst = slices.Grow(dst, len(text)+word)
	room := dst[len(dst) : len(dst)+len(text)+word]
	for ; n+word <= len(text); n += word {
		w := binary.LittleEndian.Uint64(text[n:])
		binary.LittleEndian.PutUint64(room[n:], w)
		if marks := special(w); marks != 0 {
			n += bits.TrailingZeros64(marks) >> 3
			return dst[:len(dst)+n], n
		}
	}
	if n > 0 && n < len(text) { // the rest once more together with what is plain before it
		n = len(text) - word
		w := binary.LittleEndian.Uint64(text[n:])
		binary.LittleEndian.PutUint64(room[n:], w)
		if marks := special(w); marks != 0 {
			n += bits.TrailingZeros64(marks) >> 3
		} else {
			n = len(text)
		}
		return dst[:len(dst)+n], n
	}
	for ; n < len(text) && isPlain(text[n]); n++ {
		room[n] = text[n]
	}
	return dst[:len(dst)+n], n
}

// PlainEnd returns the index of the first byte from i on that is a quote, a backslash, a control character or not ASCII.
func PlainEnd(b []byte, i int) int {
	for ; i+word <= len(b); i += word {
		if marks := special(binary.LittleEndian.Uint64(b[i:])); marks != 0 {
			return i + bits.TrailingZeros64(marks)>>3
		}
	}
	for i < len(b) && isPlain(b[i]) {
		i++
	}
	return i
}

// word is how many bytes are looked at together.
const word = 8

// special marks bytes of a word that are not plain. The lowest mark is a hit; those above it may not be, for a borrow runs
// upwards.
func special(w uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return (w | (w - ones*0x20) | (quote - ones) | (slash - ones)) & highs
}

func isPlain(c byte) bool { return c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf }

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// AppendTime appends an instant as 2006-01-02T15:04:05.000Z, with 3, 6 or 9 digits behind the second, as many as it needs.
func AppendTime(dst []byte, sec int64, nano int32) []byte {
	days, rest := sec/86400, sec%86400
	if rest < 0 {
		days, rest = days-1, rest+86400
	}
	year, month, day := civil(days)
	if year < 0 || year > 9999 {
		year, month, day, rest, nano = 9999, 12, 31, 86399, 999999999 // JSON consumers know four digits
	}
	b := [30]byte{4: '-', 7: '-', 10: 'T', 13: ':', 16: ':', 19: '.'}
	s := int(rest)
	put2(b[0:], year/100)
	put2(b[2:], year%100)
	put2(b[5:], month)
	put2(b[8:], day)
	put2(b[11:], s/3600)
	put2(b[14:], s/60%60)
	put2(b[17:], s%60)
	n := int(nano)
	put3(b[20:], n/1_000_000)
	end := 23
	if rest := n % 1_000_000; rest != 0 {
		put3(b[23:], rest/1_000)
		end = 26
		if rest %= 1_000; rest != 0 {
			put3(b[26:], rest)
			end = 29
		}
	}
	b[end] = 'Z'
	return append(dst, b[:end+1]...)
}

func put2(b []byte, n int) {
	b[0], b[1] = byte('0'+n/10), byte('0'+n%10)
}

func put3(b []byte, n int) {
	b[0], b[1], b[2] = byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10)
}

// civil turns days since 1970-01-01 into a date of the proleptic Gregorian calendar, counting years from March.
func civil(days int64) (year, month, day int) {
	days += 719468
	era := days / 146097
	if days < 0 {
		era = (days - 146096) / 146097
	}
	dayOfEra := days - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*dayOfYear + 2) / 153
	day = int(dayOfYear - (153*m+2)/5 + 1)
	month = int(m) + 3
	year = int(yearOfEra + era*400)
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}
