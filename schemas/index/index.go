// Package index names the search indices that events go to.
//
// The name is a function of the event and its collection alone, so an event
// that is delivered twice meets itself in the same index both times.
package index

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/schemas/topic"
)

// Period is how much time one index spans.
type Period string

// The periods. The zero Period means Day.
const (
	Day   Period = "day"
	Week  Period = "week"
	Month Period = "month"
)

// Prefix begins the name of every index.
const Prefix = "logs-"

// Pattern matches every index.
const Pattern = Prefix + "*"

// MaxEnv is the length of the longest env name.
const MaxEnv = 32

// Errors of this package.
var (
	ErrEnv  = errors.New("env must be 1 to 32 characters of a-z and 0-9")
	ErrName = errors.New("not the name of an index of ours")
)

// CheckEnv reports whether env can name an environment. The error wraps ErrEnv.
func CheckEnv(env string) error {
	if len(env) == 0 || len(env) > MaxEnv {
		return fmt.Errorf("%w: %q", ErrEnv, env)
	}
	for i := range len(env) {
		if c := env[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return fmt.Errorf("%w: %q", ErrEnv, env)
		}
	}
	return nil
}

// Clamp moves an event time into what an index may be named after: not before
// at - retention, not after at + 1 day. The document keeps its own time.
func Clamp(event, at time.Time, retention time.Duration) time.Time {
	if first := at.Add(-retention); event.Before(first) {
		return first
	}
	if last := at.Add(24 * time.Hour); event.After(last) {
		return last
	}
	return event
}

// Append appends the name of the index of an app, env and event time.
func Append(dst []byte, app, env string, period Period, t time.Time) []byte {
	dst = append(dst, Prefix...)
	for i := range len(app) {
		if app[i] == '-' {
			dst = append(dst, '_')
		} else {
			dst = append(dst, app[i])
		}
	}
	dst = append(dst, '-')
	dst = append(dst, env...)
	dst = append(dst, '-')
	t = t.UTC()
	switch period {
	case Week:
		year, week := t.ISOWeek()
		return fmt.Appendf(dst, "%04d.w%02d", year, week)
	case Month:
		return t.AppendFormat(dst, "2006.01")
	default:
		return t.AppendFormat(dst, "2006.01.02")
	}
}

// Name is Append as a string.
func Name(app, env string, period Period, t time.Time) string {
	return string(Append(nil, app, env, period, t))
}

// Parts are the parts of an index name.
type Parts struct {
	App, Env string
	Period   Period
	// Start and End bound the event times, End excluded.
	Start, End time.Time
}

// Parse takes a name apart that Append made. The error wraps ErrName.
func Parse(name string) (Parts, error) {
	fields := strings.Split(name, "-")
	if len(fields) != 4 || fields[0]+"-" != Prefix {
		return Parts{}, fmt.Errorf("%w: %q", ErrName, name)
	}
	p := Parts{App: strings.ReplaceAll(fields[1], "_", "-"), Env: fields[2]}
	if topic.CheckApp(p.App) != nil || CheckEnv(p.Env) != nil || !p.span(fields[3]) {
		return Parts{}, fmt.Errorf("%w: %q", ErrName, name)
	}
	if Name(p.App, p.Env, p.Period, p.Start) != name {
		return Parts{}, fmt.Errorf("%w: %q", ErrName, name)
	}
	return p, nil
}

func (p *Parts) span(text string) bool {
	if t, err := time.Parse("2006.01.02", text); err == nil {
		p.Period, p.Start, p.End = Day, t, t.AddDate(0, 0, 1)
		return true
	}
	if t, err := time.Parse("2006.01", text); err == nil {
		p.Period, p.Start, p.End = Month, t, t.AddDate(0, 1, 0)
		return true
	}
	var year, week int
	if n, err := fmt.Sscanf(text, "%4d.w%2d", &year, &week); err != nil || n != 2 || week < 1 || week > 53 {
		return false
	}
	// 4 January always lies in week 1.
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7)
	p.Period, p.Start = Week, monday.AddDate(0, 0, 7*(week-1))
	p.End = p.Start.AddDate(0, 0, 7)
	return true
}
