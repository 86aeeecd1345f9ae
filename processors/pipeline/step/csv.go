package step

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func csvSpec() Spec {
	return Spec{
		Name:    "csv",
		Summary: "Reads one line of comma-separated values. Values beyond the last name are left; empty ones are not set.",
		Example: `{"csv": {"field": "message", "target_fields": ["order.id", "order.total", "user.name"], "separator": ";"}}`,
		Options: []Option{
			fieldOption("the line"),
			{Name: "target_fields", Type: TypeList, Required: true, Summary: "the fields to write, in order; an empty name skips a value"},
			{Name: "separator", Type: TypeText, Default: ",", Summary: "one character"},
			{Name: "quote", Type: TypeText, Default: `"`, Summary: "one character; twice inside quotes it stands for itself"},
			{Name: "trim", Type: TypeBool, Default: false, Summary: "cut spaces off values that are not quoted"},
			{Name: "empty_value", Type: TypeAny, Summary: "what to set for an empty value"},
			ignoreMissingOption(false),
		},
		compile: compileCSV,
	}
}

type csvStep struct {
	field               event.ID
	targets             []event.ID
	separator, quote    byte
	trim, ignoreMissing bool
	empty               *event.Value
}

func compileCSV(b *Build) Step {
	s := &csvStep{field: b.Field("field"), trim: b.Bool("trim"), ignoreMissing: b.Bool("ignore_missing")}
	for _, path := range b.List("target_fields") {
		s.targets = append(s.targets, b.Sink("target_fields", path))
	}
	separator, quote := b.Text("separator"), b.Text("quote")
	if len(separator) != 1 || len(quote) != 1 || separator == quote {
		b.Problem("", "separator and quote are one character of ASCII each, and not the same")
		return s
	}
	s.separator, s.quote = separator[0], quote[0]
	if b.Has("empty_value") {
		v, message := constantValue(b.Raw("empty_value"))
		if message != "" {
			b.Problem("empty_value", "%s", message)
		}
		s.empty = &v
	}
	return s
}

var (
	errQuoteOpen  = errors.New("a quoted value does not end")
	errQuoteAfter = errors.New("text stands beside the quotes of a value")
)

func (s *csvStep) Run(c *Context) error {
	line, err := c.text(s.field)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	parts := c.parts[:0]
	for more := true; more && len(parts) < len(s.targets); {
		var value []byte
		if value, line, more, err = s.value(c, line); err != nil {
			return err
		}
		parts = append(parts, value)
	}
	c.parts = parts
	for i, value := range parts {
		switch {
		case len(value) > 0:
			c.Event.Set(s.targets[i], event.String(value))
		case s.empty != nil:
			c.Event.Set(s.targets[i], *s.empty)
		}
	}
	return nil
}

// value cuts the first value off a line; more says whether a separator followed it.
func (s *csvStep) value(c *Context, line []byte) (value, rest []byte, more bool, err error) {
	start := line
	if s.trim {
		start = bytes.TrimLeft(line, " \t")
	}
	if len(start) > 0 && start[0] == s.quote {
		return s.quoted(c, start[1:])
	}
	end := bytes.IndexByte(line, s.separator)
	if value = line; end >= 0 {
		value, rest, more = line[:end], line[end+1:], true
	}
	if bytes.IndexByte(value, s.quote) >= 0 {
		return nil, nil, false, errQuoteAfter
	}
	if s.trim {
		value = bytes.TrimRight(bytes.TrimLeft(value, " \t"), " \t")
	}
	return value, rest, more, nil
}

// quoted reads a value whose first quote has been read.
func (s *csvStep) quoted(c *Context, line []byte) (value, rest []byte, more bool, err error) {
	end := bytes.IndexByte(line, s.quote)
	if end < 0 {
		return nil, nil, false, errQuoteOpen
	}
	value, rest = line[:end], line[end+1:]
	if len(rest) > 0 && rest[0] == s.quote {
		buffer := append(c.Event.Scratch(), value...)
		start := len(buffer) - len(value)
		for len(rest) > 0 && rest[0] == s.quote {
			if end = bytes.IndexByte(rest[1:], s.quote); end < 0 {
				return nil, nil, false, errQuoteOpen
			}
			buffer = append(buffer, rest[:end+1]...)
			rest = rest[end+2:]
		}
		c.Event.Keep(buffer)
		value = buffer[start:len(buffer):len(buffer)]
	}
	if s.trim {
		rest = bytes.TrimLeft(rest, " \t")
	}
	if len(rest) == 0 {
		return value, nil, false, nil
	}
	if rest[0] != s.separator {
		return nil, nil, false, errQuoteAfter
	}
	return value, rest[1:], true, nil
}
