package layout

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// pattern is a compiled java.time pattern: a list of operations.
type pattern struct{ ops []op }

// op reads one thing. letter 0 is literal text; '[' and ']' fence what may be left out.
type op struct {
	letter byte
	count  int
	text   []byte
	skip   int // of '[': how many operations to its ']'
}

// letters that a pattern may use, with the largest count that means something.
var letters = map[byte]int{
	'y': 4, 'u': 4, 'M': 4, 'L': 4, 'd': 2, 'D': 3, 'H': 2, 'k': 2, 'h': 2, 'K': 2, 'm': 2, 's': 2,
	'S': 9, 'n': 9, 'A': 8, 'a': 1, 'E': 4, 'e': 4, 'Z': 5, 'X': 5, 'x': 5, 'z': 4, 'V': 2, 'O': 4,
}

func compilePattern(text string) (*pattern, error) {
	if text == "" {
		return nil, fmt.Errorf("the layout is empty")
	}
	p := &pattern{}
	var open []int
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\'':
			literal, n, err := quoted(text[i:])
			if err != nil {
				return nil, err
			}
			p.literal(literal)
			i += n
		case c == '[':
			open = append(open, len(p.ops))
			p.ops = append(p.ops, op{letter: '['})
			i++
		case c == ']':
			if len(open) == 0 {
				return nil, fmt.Errorf("the layout has a ] without its [ (column %d)", i+1)
			}
			at := open[len(open)-1]
			open = open[:len(open)-1]
			p.ops = append(p.ops, op{letter: ']'})
			p.ops[at].skip = len(p.ops) - at
			i++
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := 1
			for i+n < len(text) && text[i+n] == c {
				n++
			}
			most, known := letters[c]
			if !known || n > most {
				return nil, fmt.Errorf("the layout has %q, which is not known (column %d)", text[i:i+n], i+1)
			}
			p.ops = append(p.ops, op{letter: c, count: n})
			i += n
		default:
			p.literal(text[i : i+1])
			i++
		}
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("the layout has a [ without its ]")
	}
	return p, nil
}

// quoted reads 'text' or ” (one quote) and returns its length.
func quoted(s string) (literal string, n int, err error) {
	if strings.HasPrefix(s, "''") {
		return "'", 2, nil
	}
	var out strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			out.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			out.WriteByte('\'')
			i++
			continue
		}
		return out.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("the layout has a quote that does not end")
}

func (p *pattern) literal(text string) {
	if n := len(p.ops); n > 0 && p.ops[n-1].letter == 0 {
		p.ops[n-1].text = append(p.ops[n-1].text, text...)
		return
	}
	p.ops = append(p.ops, op{text: []byte(text)})
}

func (p *pattern) read(b []byte, at time.Time, loc *time.Location) (time.Time, bool) {
	found := noParts()
	if end := p.run(p.ops, b, 0, &found); end != len(b) || len(b) == 0 {
		return time.Time{}, false
	}
	t, ok := found.instant(at, loc)
	if ok && found.named != "" {
		t = settleName(t, found.named)
	}
	return t, ok
}

// run applies operations from i on and returns the index behind them, -1 if they do not fit.
func (p *pattern) run(ops []op, b []byte, i int, found *parts) int {
	for k := 0; k < len(ops); k++ {
		o := &ops[k]
		switch o.letter {
		case '[':
			inner := ops[k+1 : k+o.skip-1]
			before := *found
			if end := p.run(inner, b, i, found); end >= 0 {
				i = end
			} else {
				*found = before
			}
			k += o.skip - 1
			continue
		case 0:
			i = literal(o.text, b, i)
		default:
			i = o.read(b, i, found)
		}
		if i < 0 {
			return -1
		}
	}
	return i
}

// literal matches text; a space in it stands for any number of spaces but none.
func literal(text, b []byte, i int) int {
	for _, c := range text {
		if i >= len(b) || b[i] != c {
			return -1
		}
		i++
		for c == ' ' && i < len(b) && b[i] == ' ' {
			i++
		}
	}
	return i
}

func (o *op) read(b []byte, i int, p *parts) int {
	least, most := o.count, o.count
	if o.count == 1 {
		most = 2
	}
	switch o.letter {
	case 'y', 'u':
		return o.year(b, i, p)
	case 'M', 'L':
		if o.count >= 3 {
			return word(b, i, months[:], &p.month)
		}
		p.month, i = digits(b, i, least, most)
	case 'd':
		p.day, i = digits(b, i, least, most)
	case 'D':
		p.yearDay, i = digits(b, i, least, 3)
	case 'H':
		p.hour, i = digits(b, i, least, most)
	case 'k':
		p.hour, i = digits(b, i, least, most)
		p.hour %= 24
	case 'h', 'K':
		p.hour, i = digits(b, i, least, most)
		if p.half < 0 {
			p.half = 0
		}
		if o.letter == 'K' && p.hour == 0 {
			p.hour = 12
		}
	case 'm':
		p.minute, i = digits(b, i, least, most)
	case 's':
		p.second, i = digits(b, i, least, most)
	case 'S', 'n':
		if i >= len(b) || !isDigit(b[i]) {
			return -1
		}
		end := i
		for end < len(b) && isDigit(b[end]) && (end-i < o.count || o.count >= 3) {
			end++
		}
		p.nano, i = fraction(b[:end], i)
	case 'A':
		var ms int
		ms, i = digits(b, i, 1, 8)
		p.hour, p.minute, p.second, p.nano = ms/3600000, ms/60000%60, ms/1000%60, ms%1000*1e6
	case 'a':
		return word(b, i, halves[:], &p.half)
	case 'E', 'e':
		var ignored int
		return word(b, i, weekdays[:], &ignored)
	default:
		return o.zone(b, i, p)
	}
	return i
}

func (o *op) year(b []byte, i int, p *parts) int {
	if o.count == 2 {
		n, end := digits(b, i, 2, 2)
		p.year = 2000 + n
		return end
	}
	p.year, i = digits(b, i, min(o.count, 4), 4)
	return i
}

func (o *op) zone(b []byte, i int, p *parts) int {
	if i > len(b) {
		return -1
	}
	offset, n := zone(b[i:])
	if n == 0 {
		p.named, offset, n = zoneName(b[i:])
	}
	if n == 0 {
		return -1
	}
	p.offset, p.zoned = offset, true
	return i + n
}

var (
	months = [...]string{
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
	}
	weekdays = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	halves   = [...]string{"AM", "PM"}
)

// word reads a name or its first three letters, in any case, and stores its number: from 1, halves from 0.
func word(b []byte, i int, names []string, into *int) int {
	if i >= len(b) {
		return -1
	}
	for k, name := range names {
		if (b[i]^name[0])&^('a'-'A') != 0 {
			continue // another first letter
		}
		for _, n := range [...]int{len(name), 3} {
			if n > len(name) || i+n > len(b) || !bytes.EqualFold(b[i:i+n], []byte(name[:n])) {
				continue
			}
			*into = k + 1
			if len(names) == len(halves) {
				*into = k
			}
			return i + n
		}
	}
	return -1
}

// append writes t, which is taken to be in its own location.
func (p *pattern) append(dst []byte, t time.Time) []byte {
	for _, o := range p.ops {
		switch o.letter {
		case 0:
			dst = append(dst, o.text...)
		case '[', ']':
		case 'S', 'n':
			dst = append(dst, fmt.Sprintf("%09d", t.Nanosecond())[:o.count]...)
		default:
			dst = t.AppendFormat(dst, o.goLayout())
		}
	}
	return dst
}

// goLayout is the layout of package time for one operation.
func (o *op) goLayout() string {
	wide := o.count > 1
	pick := func(long, short string) string {
		if wide {
			return long
		}
		return short
	}
	switch o.letter {
	case 'y', 'u':
		if o.count == 2 {
			return "06"
		}
		return "2006"
	case 'M', 'L':
		return [...]string{"1", "01", "Jan", "January"}[o.count-1]
	case 'd':
		return pick("02", "2")
	case 'D':
		return "002"
	case 'H', 'k':
		return "15"
	case 'h', 'K':
		return pick("03", "3")
	case 'm':
		return pick("04", "4")
	case 's':
		return pick("05", "5")
	case 'a':
		return "PM"
	case 'E', 'e':
		if o.count == 4 {
			return "Monday"
		}
		return "Mon"
	case 'X':
		return "Z07:00"
	case 'z', 'V':
		return "MST"
	}
	return "-0700"
}
