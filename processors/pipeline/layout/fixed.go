package layout

import (
	"time"
)

// CommonLog reads the time of the common log format: 07/Dec/2016:10:43:23 +0100, exactly.
func CommonLog(b []byte) (t time.Time, ok bool) {
	if len(b) != len("07/Dec/2016:10:43:23 +0100") || b[2] != '/' || b[6] != '/' || b[11] != ':' || b[14] != ':' || b[17] != ':' || b[20] != ' ' {
		return t, false
	}
	p := noParts()
	p.month = month3(b[3:6])
	offset, n := zone(b[21:])
	if n != 5 || p.month == 0 {
		return t, false
	}
	p.offset, p.zoned = offset, true
	ok = two(b, 0, &p.day) && two(b, 12, &p.hour) && two(b, 15, &p.minute) && two(b, 18, &p.second)
	century, rest := 0, 0
	if !ok || !two(b, 7, &century) || !two(b, 9, &rest) {
		return t, false
	}
	p.year = century*100 + rest
	return p.instant(time.Time{}, time.UTC)
}

// Syslog reads the time of RFC 3164, Feb  9 21:19:40, and returns how many bytes it took. The day may have one digit, the
// second a fraction.
func Syslog(b []byte, at time.Time, loc *time.Location) (t time.Time, n int) {
	p := noParts()
	if len(b) < len("Feb 9 21:19:40") {
		return t, 0
	}
	if p.month = month3(b); p.month == 0 || b[3] != ' ' {
		return t, 0
	}
	i := 4
	if b[i] == ' ' {
		i++
	}
	p.day, i = digits(b, i, 1, 2)
	if i < 0 || i >= len(b) || b[i] != ' ' {
		return t, 0
	}
	if i = clock(b, i+1, &p); i < 0 {
		return t, 0
	}
	if t, ok := p.instant(at, loc); ok {
		return t, i
	}
	return t, 0
}

// ISO reads an ISO 8601 time from the start of b and returns how many bytes it took: 2006-01-02, T or a space, the hour and
// minute, and where they are there the second, a fraction behind a dot or a comma, and a zone.
func ISO(b []byte, loc *time.Location) (t time.Time, n int) {
	p := noParts()
	i := date(b, &p)
	if i < 0 {
		return t, 0
	}
	if i+3 < len(b) && (b[i] == 'T' || b[i] == 't' || b[i] == ' ') && isDigit(b[i+1]) {
		if i = clock(b, i+1, &p); i < 0 {
			return t, 0
		}
		i = isoZone(b, i, &p)
	}
	t, ok := p.instant(time.Time{}, loc)
	if !ok {
		return t, 0
	}
	return t, i
}

func date(b []byte, p *parts) int {
	if len(b) < len("2006-01-02") || b[4] != '-' || b[7] != '-' {
		return -1
	}
	century, rest := 0, 0
	if !two(b, 0, &century) || !two(b, 2, &rest) || !two(b, 5, &p.month) || !two(b, 8, &p.day) {
		return -1
	}
	p.year = century*100 + rest
	return 10
}

// clock reads 15:04, 15:04:05 or 15:04:05.999 from i and returns the index behind it, or -1.
func clock(b []byte, i int, p *parts) int {
	if i+5 > len(b) || !two(b, i, &p.hour) || b[i+2] != ':' || !two(b, i+3, &p.minute) {
		return -1
	}
	i += 5
	if i+3 > len(b) || b[i] != ':' || !two(b, i+1, &p.second) {
		return i
	}
	i += 3
	if i+1 < len(b) && (b[i] == '.' || b[i] == ',') && isDigit(b[i+1]) {
		p.nano, i = fraction(b, i+1)
	}
	return i
}

func isoZone(b []byte, i int, p *parts) int {
	j := i
	if j+1 < len(b) && b[j] == ' ' && (b[j+1] == '+' || b[j+1] == '-') {
		j++
	}
	if offset, n := zone(b[j:]); n > 0 {
		p.offset, p.zoned = offset, true
		return j + n
	}
	return i
}

// fraction reads the digits behind a decimal point as nanoseconds.
func fraction(b []byte, i int) (nano, end int) {
	scale := 100_000_000
	for ; i < len(b) && isDigit(b[i]); i++ {
		nano += int(b[i]-'0') * scale
		scale /= 10
	}
	return nano, i
}

// zone reads Z, +01, +0100 or +01:00 and returns how many bytes it took.
func zone(b []byte) (offset, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	if b[0] == 'Z' || b[0] == 'z' {
		return 0, 1
	}
	hours, minutes := 0, 0
	if b[0] != '+' && b[0] != '-' || !two(b, 1, &hours) {
		return 0, 0
	}
	n = 3
	switch {
	case two(b, 3, &minutes):
		n = 5
	case len(b) > 3 && b[3] == ':' && two(b, 4, &minutes):
		n = 6
	}
	if hours > 23 || minutes > 59 {
		return 0, 0
	}
	offset = hours*3600 + minutes*60
	if b[0] == '-' {
		offset = -offset
	}
	return offset, n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// two reads two digits at i.
func two(b []byte, i int, into *int) bool {
	if i+2 > len(b) || !isDigit(b[i]) || !isDigit(b[i+1]) {
		return false
	}
	*into = int(b[i]-'0')*10 + int(b[i+1]-'0')
	return true
}

// digits reads from least to most digits at i; end is -1 if there are too few.
func digits(b []byte, i, least, most int) (n, end int) {
	start := i
	for ; i < len(b) && i-start < most && isDigit(b[i]); i++ {
		n = n*10 + int(b[i]-'0')
	}
	if i-start < least {
		return 0, -1
	}
	return n, i
}

// month3 returns the number of the month whose English name starts with the three letters, 0 if none does.
func month3(b []byte) int {
	if len(b) < 3 {
		return 0
	}
	switch uint32(b[0]|0x20)<<16 | uint32(b[1]|0x20)<<8 | uint32(b[2]|0x20) {
	case 'j'<<16 | 'a'<<8 | 'n':
		return 1
	case 'f'<<16 | 'e'<<8 | 'b':
		return 2
	case 'm'<<16 | 'a'<<8 | 'r':
		return 3
	case 'a'<<16 | 'p'<<8 | 'r':
		return 4
	case 'm'<<16 | 'a'<<8 | 'y':
		return 5
	case 'j'<<16 | 'u'<<8 | 'n':
		return 6
	case 'j'<<16 | 'u'<<8 | 'l':
		return 7
	case 'a'<<16 | 'u'<<8 | 'g':
		return 8
	case 's'<<16 | 'e'<<8 | 'p':
		return 9
	case 'o'<<16 | 'c'<<8 | 't':
		return 10
	case 'n'<<16 | 'o'<<8 | 'v':
		return 11
	case 'd'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return 0
}
