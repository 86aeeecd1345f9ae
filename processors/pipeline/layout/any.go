package layout

import "time"

// Any reads the time that b begins with, in any of the shapes that logs commonly write, and returns how many bytes it took;
// 0 if b does not begin with a time. The shapes:
//
//	2006-01-02T15:04:05.999Z, 2006-01-02 15:04:05,999 +01:00, 2006/01/02 15:04:05 CET, 20060102-15:04:05.999
//	02/Jan/2006:15:04:05 +0100, 02-Jan-2006 15:04:05.999, 02 Jan 2006 15:04:05.999, 02 Jan 15:04:05.999
//	Mon Jan 02 15:04:05.999 2006, Jan 02, 2006 3:04:05 PM, Jan  2 15:04:05
//	060102 15:04:05, 060102 150405, 06/01/02 15:04:05, 15:04:05.999
//
// A zone may follow each of them, as an offset or as a name that means one thing (UTC, CEST, PST).
func Any(b []byte, at time.Time, loc *time.Location) (t time.Time, n int) {
	p := noParts()
	if n = p.any(b); n <= 0 {
		return t, 0
	}
	n = p.zoneAfter(b, n)
	t, ok := p.instant(at, loc)
	if !ok {
		return t, 0
	}
	if p.named != "" {
		t = settleName(t, p.named)
	}
	return t, n
}

// any reads date and clock and returns the index behind them, or -1.
func (p *parts) any(b []byte) int {
	if len(b) < len("15:04:05") {
		return -1
	}
	if !isDigit(b[0]) {
		return p.wordy(b)
	}
	switch {
	case b[2] == ':':
		return clock(b, 0, p)
	case b[1] == ' ' || b[2] == ' ' || b[2] == '-' || b[2] == '/' && !isDigit(b[3]):
		return p.dayFirst(b)
	case b[4] == '-' || b[4] == '/':
		return p.yearFirst(b)
	case b[2] == '/':
		return p.compact(b, "/", 2)
	}
	return p.compact(b, "", 6, 8)
}

// yearFirst reads 2006-01-02 or 2006/01/02, and the clock behind it.
func (p *parts) yearFirst(b []byte) int {
	if len(b) < 10 || b[7] != b[4] {
		return -1
	}
	century, rest := 0, 0
	if !two(b, 0, &century) || !two(b, 2, &rest) || !two(b, 5, &p.month) || !two(b, 8, &p.day) {
		return -1
	}
	p.year = century*100 + rest
	return p.clockAfter(b, 10, 'T', ' ', 't')
}

// dayFirst reads 02/Jan/2006:, 02-Jan-2006, 02 Jan 2006 or 02 Jan, and the clock behind it.
func (p *parts) dayFirst(b []byte) int {
	i := 0
	p.day, i = digits(b, 0, 1, 2)
	if i+4 >= len(b) {
		return -1
	}
	between := b[i]
	if p.month = month3(b[i+1:]); p.month == 0 || b[i+4] != between {
		return -1
	}
	i += 5
	if year, end := digits(b, i, 4, 4); end > 0 {
		p.year, i = year, end
		return p.clockAfter(b, i, ' ', ':', 'T')
	}
	if between != ' ' {
		return -1
	}
	return clock(b, i, p)
}

// compact reads 060102 15:04:05, 06/01/02 15:04:05 and 20060102-15:04:05, whose date has so many digits in a run.
func (p *parts) compact(b []byte, between string, runs ...int) int {
	_, run := digits(b, 0, 1, len(b))
	for _, n := range runs {
		if run != n {
			continue
		}
		i, century := 0, 20
		if n == 8 {
			two(b, 0, &century)
			i = 2
		}
		for k, part := range [...]*int{&p.year, &p.month, &p.day} {
			if k > 0 && between != "" {
				if i >= len(b) || b[i] != between[0] {
					return -1
				}
				i++
			}
			if !two(b, i, part) {
				return -1
			}
			i += 2
		}
		p.year += century * 100
		if p.month == 0 || p.month > 12 {
			return -1
		}
		for i < len(b) && b[i] == ' ' && i+1 < len(b) && b[i+1] == ' ' {
			i++
		}
		if end := p.clockAfter(b, i, ' ', '-', 'T'); end > i {
			return end
		}
		return p.denseClock(b, i)
	}
	return -1
}

// denseClock reads the clock of 060102 150405, as HDFS once wrote it.
func (p *parts) denseClock(b []byte, i int) int {
	const size = len(" 150405")
	if i+size > len(b) || b[i] != ' ' || i+size < len(b) && isDigit(b[i+size]) {
		return -1
	}
	if !two(b, i+1, &p.hour) || !two(b, i+3, &p.minute) || !two(b, i+5, &p.second) {
		return -1
	}
	return i + size
}

// wordy reads Mon Jan 02 15:04:05.999 2006, Jan 02, 2006 3:04:05 PM and Jan  2 15:04:05.
func (p *parts) wordy(b []byte) int {
	i := 0
	if month3(b) == 0 {
		if !isWeekday(b) || b[3] != ' ' && b[3] != ',' {
			return -1
		}
		i = 4
		for i < len(b) && b[i] == ' ' {
			i++
		}
		if i < len(b) && isDigit(b[i]) {
			return p.behindWeekday(b, i)
		}
	}
	if i+6 >= len(b) {
		return -1
	}
	if p.month = month3(b[i:]); p.month == 0 || b[i+3] != ' ' {
		return -1
	}
	for i += 4; i < len(b) && b[i] == ' '; i++ {
	}
	if p.day, i = digits(b, i, 1, 2); i < 0 || i >= len(b) {
		return -1
	}
	if b[i] == ',' {
		return p.yearAndHalves(b, i)
	}
	if b[i] != ' ' {
		return -1
	}
	if i++; i >= len(b) {
		return -1
	}
	if year, end := digits(b, i, 4, 4); end > 0 {
		p.year = year // Jan  2 2006 15:04:05, as Cisco writes it
		return p.clockAfter(b, end, ' ')
	}
	if i = clock(b, i, p); i < 0 {
		return -1
	}
	j := p.zoneAfter(b, i) // date(1) puts the zone before the year
	if j+5 <= len(b) && b[j] == ' ' {
		if year, end := digits(b, j+1, 4, 4); end > 0 {
			p.year = year
			return end
		}
	}
	p.zoned, p.named = false, ""
	return i
}

// behindWeekday reads Mon, 02 Jan 2006 15:04:05 from the day on.
func (p *parts) behindWeekday(b []byte, i int) int {
	end := p.dayFirst(b[i:])
	if end < 0 {
		return -1
	}
	return i + end
}

// yearAndHalves reads ", 2006 3:04:05 PM" from the comma on.
func (p *parts) yearAndHalves(b []byte, i int) int {
	for i++; i < len(b) && b[i] == ' '; i++ {
	}
	if p.year, i = digits(b, i, 4, 4); i < 0 || i >= len(b) || b[i] != ' ' {
		return -1
	}
	start := i + 1
	if p.hour, i = digits(b, start, 1, 2); i < 0 || i+6 > len(b) {
		return -1
	}
	if b[i] != ':' || !two(b, i+1, &p.minute) || b[i+3] != ':' || !two(b, i+4, &p.second) {
		return -1
	}
	i += 6
	if i+3 <= len(b) && b[i] == ' ' && b[i+2]|0x20 == 'm' {
		switch b[i+1] | 0x20 {
		case 'a':
			p.half = 0
			return i + 3
		case 'p':
			p.half = 1
			return i + 3
		}
	}
	return i
}

// clockAfter reads a clock behind one of the separators; a date may also stand alone.
func (p *parts) clockAfter(b []byte, i int, separators ...byte) int {
	if i+2 < len(b) && b[i] == ' ' && b[i+1] == ' ' && isDigit(b[i+2]) { // MariaDB pads the hour: 2006-01-02  3:04:05
		if end := shortClock(b, i+2, p); end > 0 {
			return end
		}
		p.hour, p.minute, p.second = 0, 0, 0
	}
	if i+1 >= len(b) || !isDigit(b[i+1]) {
		return i
	}
	for _, s := range separators {
		if b[i] == s {
			if end := clock(b, i+1, p); end > 0 {
				return end
			}
			if end := shortClock(b, i+1, p); end > 0 {
				return end
			}
			p.hour, p.minute, p.second = 0, 0, 0
		}
	}
	return i
}

// shortClock reads 3:04:05.
func shortClock(b []byte, i int, p *parts) int {
	if i+7 > len(b) || b[i+1] != ':' || !two(b, i+2, &p.minute) || b[i+4] != ':' || !two(b, i+5, &p.second) {
		return -1
	}
	p.hour = int(b[i] - '0')
	return i + 7
}

// zoneAfter reads an offset, or behind a space an offset or a name.
func (p *parts) zoneAfter(b []byte, i int) int {
	j := i
	if j < len(b) && b[j] == ' ' {
		j++
	}
	if offset, n := zone(b[j:]); n > 0 && (n > 1 || j == i) {
		if n == 3 && j+3 < len(b) && isDigit(b[j+3]) {
			return i // " -123" is no zone
		}
		p.offset, p.zoned = offset, true
		return j + n
	}
	if j == i {
		return i
	}
	if name, offset, n := zoneName(b[j:]); n > 0 && (j+n == len(b) || !isLetter(b[j+n])) {
		p.offset, p.zoned, p.named = offset, true, name
		return j + n
	}
	return i
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isWeekday(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	for _, day := range weekdays {
		if string(b[:3]) == day[:3] {
			return true
		}
	}
	return false
}
