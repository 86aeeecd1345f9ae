package layout

import "time"

// clockSlack is how far after its reading a time without a year may lie before it is taken to be last year's.
const clockSlack = 24 * time.Hour

// parts are the numbers of a time as they were read; what was not read is -1 (0 for the clock).
type parts struct {
	year, month, day, yearDay int
	hour, minute, second      int
	nano                      int
	half                      int // of a 12-hour clock: -1 none, 0 am, 1 pm
	offset                    int // seconds east of UTC
	zoned                     bool
	named                     string // the abbreviation that offset came from
}

func noParts() parts { return parts{year: -1, month: -1, day: -1, yearDay: -1, half: -1} }

// instant turns parts into a time; ok is false for what is no date, such as the 31st of April.
func (p *parts) instant(at time.Time, loc *time.Location) (t time.Time, ok bool) {
	if !p.settleHour() || p.hour > 24 || p.minute > 59 || p.second > 60 || p.hour == 24 && (p.minute > 0 || p.second > 0) {
		return t, false
	}
	if p.yearDay > 0 {
		return p.onYearDay(at, loc)
	}
	if p.year < 0 && p.month < 0 && p.day < 0 {
		p.fromReading(at, loc)
	}
	if p.month < 0 {
		p.month = 1
	}
	if p.day < 0 {
		p.day = 1
	}
	if p.year < 0 {
		return p.guessYear(at, loc)
	}
	if p.month < 1 || p.month > 12 || p.day < 1 || p.day > daysIn(p.year, p.month) {
		return t, false
	}
	return p.in(p.year, loc), true
}

func (p *parts) settleHour() bool {
	if p.half < 0 {
		return true
	}
	if p.hour < 1 || p.hour > 12 {
		return false
	}
	p.hour = p.hour%12 + 12*p.half
	return true
}

func (p *parts) fromReading(at time.Time, loc *time.Location) {
	if p.zoned {
		at = at.UTC().Add(time.Duration(p.offset) * time.Second)
	} else {
		at = at.In(loc)
	}
	var m time.Month
	p.year, m, p.day = at.Date()
	p.month = int(m)
}

func (p *parts) onYearDay(at time.Time, loc *time.Location) (time.Time, bool) {
	if p.year < 0 {
		p.year = at.In(loc).Year()
	}
	if p.yearDay > 366 {
		return time.Time{}, false
	}
	p.month, p.day = 1, p.yearDay
	return p.in(p.year, loc), true
}

// guessYear finds the latest year that has the date and puts it no more than clockSlack after at.
func (p *parts) guessYear(at time.Time, loc *time.Location) (time.Time, bool) {
	if p.month < 1 || p.month > 12 || p.day < 1 || p.day > daysIn(2000, p.month) {
		return time.Time{}, false
	}
	const leapGap = 8 // years between the 29ths of February around 1900 and 2100
	for year := at.In(loc).Year() + 1; ; year-- {
		if p.day > daysIn(year, p.month) {
			continue
		}
		t := p.in(year, loc)
		if t.Sub(at) <= clockSlack || year < at.Year()-leapGap {
			return t, true
		}
	}
}

// in returns the instant in a year. A leap second is the first second of the next minute.
func (p *parts) in(year int, loc *time.Location) time.Time {
	if p.zoned || loc == time.UTC {
		sec := unixDays(year, p.month, p.day)*86400 + int64(p.hour*3600+p.minute*60+p.second-p.offset)
		return time.Unix(sec, int64(p.nano)).UTC()
	}
	return time.Date(year, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nano, loc).UTC()
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// unixDays counts the days from 1970-01-01 to a date of the proleptic Gregorian calendar.
func unixDays(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	if y < 0 {
		era = (y - 399) / 400
	}
	yearOfEra := y - era*400
	dayOfYear := (153*(m-3)+2)/5 + int64(day) - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}
