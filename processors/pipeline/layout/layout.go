package layout

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Layout reads times written in one way.
type Layout struct {
	name string
	read func(b []byte, at time.Time, loc *time.Location) (time.Time, bool)
	java *pattern // nil for the named layouts
}

// Names are the layouts that have names; everything else is a java.time pattern.
var Names = []string{"ISO8601", "UNIX", "UNIX_MS", "TAI64N"}

// ErrNoMatch is the error of a text that is not in the layout.
var ErrNoMatch = errors.New("is not in the layout")

// Compile compiles a layout: one of Names, or a java.time pattern such as dd/MMM/yyyy:HH:mm:ss Z.
func Compile(text string) (*Layout, error) {
	l := &Layout{name: text}
	switch text {
	case "ISO8601", "strict_date_optional_time", "strict_date_optional_time_nanos", "date_optional_time":
		l.read = func(b []byte, _ time.Time, loc *time.Location) (time.Time, bool) {
			t, n := ISO(b, loc)
			return t, n > 0 && n == len(b)
		}
	case "UNIX", "epoch_second":
		l.read = func(b []byte, _ time.Time, _ *time.Location) (time.Time, bool) { return Unix(b, 0) }
	case "UNIX_MS", "epoch_millis":
		l.read = func(b []byte, _ time.Time, _ *time.Location) (time.Time, bool) { return Unix(b, 3) }
	case "TAI64N":
		l.read = func(b []byte, _ time.Time, _ *time.Location) (time.Time, bool) { return tai64n(b) }
	default:
		p, err := compilePattern(text)
		if err != nil {
			return nil, err
		}
		l.read, l.java = p.read, p
		if text == commonLog {
			l.read = p.readCommonLog
		}
	}
	return l, nil
}

// commonLog is the pattern of which CommonLog reads nearly all times, in a fifth of the time.
const commonLog = "dd/MMM/yyyy:HH:mm:ss Z"

func (p *pattern) readCommonLog(b []byte, at time.Time, loc *time.Location) (time.Time, bool) {
	if t, ok := CommonLog(b); ok {
		return t, true
	}
	return p.read(b, at, loc)
}

// String returns the layout as it was written.
func (l *Layout) String() string { return l.name }

// Parse reads the whole of b. Zone and date come from loc and at where b does not say them.
func (l *Layout) Parse(b []byte, at time.Time, loc *time.Location) (time.Time, error) {
	if t, ok := l.read(b, at, loc); ok {
		return t, nil
	}
	return time.Time{}, ErrNoMatch
}

// Append writes t in the layout. Named layouts other than UNIX and UNIX_MS write ISO 8601.
func (l *Layout) Append(dst []byte, t time.Time) []byte {
	switch {
	case l.java != nil:
		return l.java.append(dst, t)
	case l.name == "UNIX" || l.name == "epoch_second":
		return fmt.Appendf(dst, "%d", t.Unix())
	case l.name == "UNIX_MS" || l.name == "epoch_millis":
		return fmt.Appendf(dst, "%d", t.UnixMilli())
	}
	return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
}

// Unix reads a count of seconds, or of the 10^shift-th part of seconds, since 1970, with a fraction or without.
func Unix(b []byte, shift int) (time.Time, bool) {
	const longest = 18 // digits that an int64 holds whatever they are
	i, negative := 0, false
	if i < len(b) && b[i] == '-' {
		negative, i = true, 1
	}
	n, end := int64(0), i
	for ; end < len(b) && isDigit(b[end]); end++ {
		if end-i >= longest {
			return time.Time{}, false
		}
		n = n*10 + int64(b[end]-'0')
	}
	if end == i {
		return time.Time{}, false
	}
	unit := int64(time.Second)
	for range shift {
		unit /= 10
	}
	perSecond := int64(time.Second) / unit
	nano := n % perSecond * unit
	if end+1 < len(b) && b[end] == '.' && isDigit(b[end+1]) {
		var f int
		f, end = fraction(b, end+1)
		nano += int64(f) / perSecond
	}
	if end != len(b) {
		return time.Time{}, false
	}
	sec := n / perSecond
	if negative {
		sec, nano = -sec, -nano
	}
	if sec < minSecond || sec > maxSecond {
		return time.Time{}, false
	}
	return time.Unix(sec, nano).UTC(), true
}

// UnixNano reads a count of nanoseconds since 1970.
func UnixNano(b []byte) (time.Time, bool) {
	const perSecond = 9 // digits
	if len(b) <= perSecond || len(b) > 19 {
		return time.Time{}, false
	}
	cut := len(b) - perSecond
	sec, end1 := digits(b, 0, cut, cut)
	nano, end2 := digits(b, cut, perSecond, perSecond)
	if end1 < 0 || end2 < 0 {
		return time.Time{}, false
	}
	return time.Unix(int64(sec), int64(nano)).UTC(), true
}

// The seconds of the years 0 and 9999, beyond which documents cannot write a time.
const (
	minSecond = -62167219200
	maxSecond = 253402300799
)

// taiOffset is what TAI was ahead of UTC when this was written; logs of before 2017 are off by their leap seconds.
const taiOffset = 37

// tai64n reads the external TAI64N label of multilog and s6-log: @ and 24 hexadecimal digits.
func tai64n(b []byte) (time.Time, bool) {
	var label [12]byte
	if len(b) != 25 || b[0] != '@' {
		return time.Time{}, false
	}
	if _, err := hex.Decode(label[:], b[1:]); err != nil {
		return time.Time{}, false
	}
	sec, nano := int64(0), int64(0)
	for _, c := range label[:8] {
		sec = sec<<8 | int64(c)
	}
	for _, c := range label[8:] {
		nano = nano<<8 | int64(c)
	}
	sec -= 1<<62 + taiOffset
	if sec < minSecond || sec > maxSecond || nano > 999_999_999 {
		return time.Time{}, false
	}
	return time.Unix(sec, nano).UTC(), true
}

// Zone returns a zone by its IANA name or as an offset such as +02:00.
func Zone(name string) (*time.Location, error) {
	if name == "" || strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("%q is not a zone; give a name such as Europe/Berlin or an offset such as +02:00", name)
	}
	if name == "Z" {
		return time.UTC, nil
	}
	if offset, n := zone([]byte(name)); n > 1 && n == len(name) {
		return time.FixedZone(name, offset), nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a known zone", name)
	}
	return loc, nil
}
