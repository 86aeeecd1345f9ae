package format

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

// iisField says where a field of the W3C extended format goes.
type iisField struct {
	part func(*iisLine) *[]byte // of the line that IIS has
	own  string                 // else the path
}

// iisParts are the fields that IIS knows by their names.
var iisParts = map[string]func(*iisLine) *[]byte{
	"date": func(l *iisLine) *[]byte { return &l.date }, "time": func(l *iisLine) *[]byte { return &l.clock },
	"s-sitename": func(l *iisLine) *[]byte { return &l.site }, "s-computername": func(l *iisLine) *[]byte { return &l.computer },
	"s-ip": func(l *iisLine) *[]byte { return &l.server }, "s-port": func(l *iisLine) *[]byte { return &l.port },
	"cs-method": func(l *iisLine) *[]byte { return &l.method }, "cs-uri-stem": func(l *iisLine) *[]byte { return &l.stem },
	"cs-uri-query": func(l *iisLine) *[]byte { return &l.query }, "cs-username": func(l *iisLine) *[]byte { return &l.user },
	"c-ip": func(l *iisLine) *[]byte { return &l.client }, "cs-version": func(l *iisLine) *[]byte { return &l.version },
	"cs(user-agent)": func(l *iisLine) *[]byte { return &l.agent }, "cs(cookie)": func(l *iisLine) *[]byte { return &l.cookie },
	"cs(referer)": func(l *iisLine) *[]byte { return &l.referer }, "cs-host": func(l *iisLine) *[]byte { return &l.host },
	"sc-status": func(l *iisLine) *[]byte { return &l.status }, "sc-substatus": func(l *iisLine) *[]byte { return &l.sub },
	"sc-win32-status": func(l *iisLine) *[]byte { return &l.win32 }, "sc-bytes": func(l *iisLine) *[]byte { return &l.sent },
	"cs-bytes": func(l *iisLine) *[]byte { return &l.received }, "time-taken": func(l *iisLine) *[]byte { return &l.took },
}

// iisWithFields makes a parser of lines whose columns are those that a #Fields line lists.
func iisWithFields(header string) (func(*Input) error, error) {
	names := strings.Fields(strings.TrimPrefix(strings.TrimSpace(header), "#Fields:"))
	if len(names) == 0 {
		return nil, errors.New("lists no field; give what stands behind #Fields: in the file")
	}
	fields := make([]iisField, len(names))
	seen := map[string]bool{}
	for i, name := range names {
		lower := strings.ToLower(name)
		if seen[lower] {
			return nil, fmt.Errorf("lists %s twice", name)
		}
		seen[lower] = true
		if fields[i].part = iisParts[lower]; fields[i].part == nil {
			fields[i].own = "iis.access." + ownName(lower)
		}
	}
	if !seen["time"] || !seen["date"] {
		return nil, errors.New("has no date and time, so the events would have none")
	}
	return func(in *Input) error { return parseIISFields(in, fields) }, nil
}

// ownName makes a name for a document of a column's: cs(X-Forwarded-For) gives cs_x_forwarded_for.
func ownName(column string) string {
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, column)
	return strings.Trim(name, "_")
}

func parseIISFields(in *Input, fields []iisField) error {
	if len(in.Line) > 0 && in.Line[0] == '#' {
		in.Event.Set(event.Message, event.String(in.Line))
		return nil
	}
	e := in.Event
	l := &in.Scratch.iis
	*l = iisLine{}
	c, own := cursor{b: in.Line}, in.Scratch.pairs[:0]
	for i := range fields {
		c.spaces()
		word := c.word()
		if len(word) == 0 {
			return fmt.Errorf("has %d columns where its fields are %d", i, len(fields))
		}
		if f := &fields[i]; f.part != nil {
			*f.part(l) = word
		} else if !isDash(word) {
			own = append(own, pair{e.InternText(f.own), event.String(word)})
		}
	}
	in.Scratch.pairs = own
	if c.spaces(); !c.end() {
		return fmt.Errorf("has more columns than the %d of its fields", len(fields))
	}
	t, err := l.at(e, in.Location)
	if err != nil {
		return err
	}
	if l.version = bytes.TrimPrefix(l.version, []byte("HTTP/")); isDash(l.version) {
		l.version = nil
	}
	l.set(e, t)
	for _, p := range own {
		e.Set(p.id, p.value)
	}
	return nil
}

var errIISTime = errors.New("its date and time are no date and time")

// at is the time of the line, whose date and clock may stand apart.
func (l *iisLine) at(e *event.Event, loc *time.Location) (time.Time, error) {
	buffer := e.Scratch()
	start := len(buffer)
	buffer = append(append(append(buffer, l.date...), ' '), l.clock...)
	e.Keep(buffer)
	t, n := layout.ISO(buffer[start:], loc)
	if n == 0 || n < len(buffer)-start {
		return t, errIISTime
	}
	return t, nil
}
