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
	dst, valid = appendInner(append(dst, '"'), text)
	return append(dst, '"'), valid
}

// appendInner is AppendString without the quotes.
func appendInner(dst, text []byte) (out []byte, valid bool) {
	valid = true
	for {
		var n int
		dst, n = appendPlain(dst, text)
		if n == len(text) {
			return dst, valid
		}
		c := text[n]
		text = text[n:]
		if c < utf8.RuneSelf {
			dst, text = appendEscape(dst, c), text[1:]
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
// pass, a word or two at a time: most of a document is strings, and this is where their time goes.
func appendPlain(dst, text []byte) (out []byte, n int) {
	dst = slices.Grow(dst, len(text)+word)
	room := dst[len(dst) : len(dst)+len(text)+word]
	for ; n+2*word <= len(text); n += 2 * word {
		a, b := binary.LittleEndian.Uint64(text[n:]), binary.LittleEndian.Uint64(text[n+word:])
		binary.LittleEndian.PutUint64(room[n:], a)
		binary.LittleEndian.PutUint64(room[n+word:], b)
		if marksA, marksB := special(a), special(b); marksA|marksB != 0 {
			if marksA == 0 {
				n, marksA = n+word, marksB
			}
			n += bits.TrailingZeros64(marksA) >> 3
			return dst[:len(dst)+n], n
		}
	}
	if n+word <= len(text) {
		w := binary.LittleEndian.Uint64(text[n:])
		binary.LittleEndian.PutUint64(room[n:], w)
		if marks := special(w); marks != 0 {
			n += bits.TrailingZeros64(marks) >> 3
			return dst[:len(dst)+n], n
		}
		n += word
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
func special(w uint64) uint64 { return suspect(w) & highs }

// suspect is special with other bits between the marks. Turning a bit of the quote puts it right behind the control
// characters.
func suspect(w uint64) uint64 { return w | ((w ^ ones*2) - ones*0x21) | ((w ^ ones*'\\') - ones) }

// ones and highs have the lowest and the highest bit of each byte.
const ones, highs = 0x0101010101010101, 0x8080808080808080

func isPlain(c byte) bool { return c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf }

func appendEscape(dst []byte, c byte) []byte {
	if c == '"' || c == '\\' {
		return append(dst, '\\', c)
	}
	if short := shortEscape(c); short != 0 {
		return append(dst, '\\', short)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// shortEscape is the letter that stands for a control character behind a backslash; 0: there is none.
func shortEscape(c byte) byte {
	switch c {
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	}
	return 0
}

// The seconds that have a year of four digits, from year 0 to 9999.
const firstSecond, lastSecond = -62167219200, 253402300799

// clock writes instants as JSON. It remembers the last second: most lines of a busy file share theirs with the line before.
type clock struct {
	sec  int64
	text [len(`"2006-01-02T15:04:05`)]byte // with its quote; not yet written if it does not begin with one
}

func (c *clock) append(dst []byte, sec int64, nano int32) []byte {
	start := len(dst)
	if sec == c.sec && c.text[0] == '"' {
		dst = appendFraction(append(dst, c.text[:]...), int(nano))
		return append(dst, '"')
	}
	dst = AppendTime(append(dst, '"'), sec, nano)
	if sec >= firstSecond && sec <= lastSecond {
		c.sec = sec
		copy(c.text[:], dst[start:])
	}
	return append(dst, '"')
}

// AppendTime appends an instant as 2006-01-02T15:04:05.000Z, with 3, 6 or 9 digits behind the second, as many as it needs.
func AppendTime(dst []byte, sec int64, nano int32) []byte {
	if sec < firstSecond || sec > lastSecond {
		sec, nano = lastSecond, 999999999 // JSON consumers know four digits
	}
	days, rest := sec/86400, sec%86400
	if rest < 0 {
		days, rest = days-1, rest+86400
	}
	year, month, day := civil(days)
	b := [19]byte{4: '-', 7: '-', 10: 'T', 13: ':', 16: ':'}
	s := int(rest)
	put2(b[0:], year/100)
	put2(b[2:], year%100)
	put2(b[5:], month)
	put2(b[8:], day)
	put2(b[11:], s/3600)
	put2(b[14:], s/60%60)
	put2(b[17:], s%60)
	return appendFraction(append(dst, b[:]...), int(nano))
}

// appendFraction appends what stands behind the second: a dot, 3, 6 or 9 digits, and the zone.
func appendFraction(dst []byte, nano int) []byte {
	if nano == 0 {
		return append(dst, ".000Z"...)
	}
	b := [11]byte{0: '.'}
	put3(b[1:], nano/1_000_000)
	end := 4
	if rest := nano % 1_000_000; rest != 0 {
		put3(b[4:], rest/1_000)
		end = 7
		if rest %= 1_000; rest != 0 {
			put3(b[7:], rest)
			end = 10
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
