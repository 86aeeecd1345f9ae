package step

import (
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

func dateSpec() Spec {
	return Spec{
		Name:    "date",
		Summary: "Reads a time out of a field and writes it as the time of the event.",
		Example: `{"date": {"field": "when", "formats": ["dd/MMM/yyyy:HH:mm:ss Z", "ISO8601"], "timezone": "Europe/Berlin"}}`,
		Options: []Option{
			{Name: "field", Type: TypeField, Required: true, Summary: "the field that holds the time"},
			{Name: "formats", Type: TypeTexts, Required: true, Summary: "layouts to try in order: " + strings.Join(layout.Names, ", ") + ", or java.time patterns"},
			{Name: "timezone", Type: TypeText, Summary: "zone of times that name none: a name such as Europe/Berlin or an offset; without it the zone of the source"},
			{Name: "locale", Type: TypeText, Default: "en", Enum: []string{"en", "en-US", "en-GB", "ENGLISH", "ROOT"}, Summary: "language of names of months and days"},
			{Name: "target_field", Type: TypeTarget, Default: "@timestamp", Summary: "the field to write"},
			{Name: "output_format", Type: TypeText, Summary: "java.time pattern to write the time with, in place of an instant; not for @timestamp"},
		},
		compile: compileDate,
	}
}

type dateStep struct {
	field, target event.ID
	layouts       []*layout.Layout
	zone          *time.Location // nil: the source's
	output        *layout.Layout // nil: an instant
}

func compileDate(b *Build) Step {
	s := &dateStep{field: b.Field("field"), target: b.Target("target_field")}
	for i, text := range b.Texts("formats") {
		l, err := layout.Compile(text)
		if err != nil {
			b.Problem(fmt.Sprintf("formats[%d]", i), "%s", err)
			continue
		}
		s.layouts = append(s.layouts, l)
	}
	var err error
	if b.Has("timezone") {
		if s.zone, err = layout.Zone(b.Text("timezone")); err != nil {
			b.Problem("timezone", "%s", err)
		}
	}
	if text := b.Text("output_format"); text != "" {
		if s.output, err = layout.Compile(text); err != nil {
			b.Problem("output_format", "%s", err)
		}
		if s.target == event.Timestamp {
			b.Problem("output_format", "@timestamp is always an instant; give another target_field")
		}
	}
	return s
}

func (s *dateStep) Run(c *Context) error {
	t, err := s.read(c)
	if err != nil {
		return err
	}
	if s.output == nil {
		c.Event.Set(s.target, event.Time(t))
		return nil
	}
	zone := s.zone
	if zone == nil {
		zone = time.UTC
	}
	buffer := c.Event.Scratch()
	start := len(buffer)
	buffer = s.output.Append(buffer, t.In(zone))
	c.Event.Keep(buffer)
	c.Event.Set(s.target, event.String(buffer[start:len(buffer):len(buffer)]))
	return nil
}

func (s *dateStep) read(c *Context) (time.Time, error) {
	if v := c.Event.Get(s.field); v != nil && v.Kind == event.KindTime {
		return v.AsTime(), nil
	}
	text, err := c.text(s.field)
	if err != nil {
		return time.Time{}, err
	}
	zone := s.zone
	if zone == nil {
		zone = c.Format.Location
	}
	for _, l := range s.layouts {
		if t, err := l.Parse(text, c.Format.At, zone); err == nil {
			return t, nil
		}
	}
	const shown = 64
	return time.Time{}, fmt.Errorf("%q is in none of the formats", text[:min(len(text), shown)])
}
