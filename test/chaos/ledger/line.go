// Package ledger is the bookkeeping of the chaos harness: which lines were
// written, which were found, and what is wrong with them. It is pure.
//
// A line is a function of the seed, its file and its number, so the books hold
// no text: every line that is found is compared with what must have been
// written, byte by byte.
package ledger

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Lengths of lines. The long ones span several blocks of small readers.
const (
	usual    = 200
	long     = 40 << 10
	longEach = 1000 // one line of so many is long
)

var (
	words = strings.Fields("request user order cart paid failed retry timeout cache miss hit GET POST /item/7?q=1 200 404 503 ms level=info level=error")
	wild  = []string{"grüße", "水車", "🚰", "\x00", "\x1b[31m", "\t", `"quoted"`, `back\slash`, "\xff\xfe", "\xc3", "{\"a\":[1,2", "\u2028", "</script>", "%{x}", "\x7f"}
)

// Line is the line of that number in a file, without its line feed: the name of
// the file, the number, and text made of the seed. One in a thousand is long, one
// in ten has bytes that are no plain text, one in fifty ends with a carriage return.
func Line(seed uint64, file string, n int) string {
	h := fnv.New64a()
	h.Write([]byte(file))
	rng := rand.New(rand.NewPCG(seed^h.Sum64(), uint64(n)))
	size := usual/2 + rng.IntN(usual)
	if rng.IntN(longEach) == 0 {
		size = usual + rng.IntN(long)
	}
	strange := rng.IntN(10) == 0
	var b strings.Builder
	b.WriteString(file)
	b.WriteByte(' ')
	b.WriteString(strconv.Itoa(n))
	for b.Len() < size {
		b.WriteByte(' ')
		if strange && rng.IntN(4) == 0 {
			b.WriteString(wild[rng.IntN(len(wild))])
		} else {
			b.WriteString(words[rng.IntN(len(words))])
		}
	}
	b.WriteString(" .") // no line ends with a half character or a blank
	if rng.IntN(50) == 0 {
		b.WriteByte('\r')
	}
	return b.String()
}

// Indexed is what must be found of a line: one carriage return at its end belongs
// to the line's end, and each byte that is not UTF-8 becomes U+FFFD.
func Indexed(line string) string {
	line = strings.TrimSuffix(line, "\r")
	if utf8.ValidString(line) {
		return line
	}
	var b strings.Builder
	for len(line) > 0 {
		r, size := utf8.DecodeRuneInString(line)
		b.WriteRune(r) // a wrong byte is decoded as U+FFFD of size 1
		line = line[size:]
	}
	return b.String()
}

// Parse reads the file and the number that a line begins with.
func Parse(line string) (file string, n int, ok bool) {
	file, rest, ok := strings.Cut(line, " ")
	if !ok {
		return "", 0, false
	}
	number, _, ok := strings.Cut(rest, " ")
	n, err := strconv.Atoi(number)
	return file, n, ok && err == nil && n >= 0
}
