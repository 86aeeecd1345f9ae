package step

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func logfmtSpec() Spec {
	return Spec{
		Name:    "logfmt",
		Summary: `Reads logfmt: key=value, key="a quoted \"value\"", and a bare key, which is true.`,
		Example: `{"logfmt": {"field": "message", "target_field": "app"}}`,
		Options: []Option{
			{Name: "field", Type: TypeField, Default: "message", Summary: "the text"},
			{Name: "target_field", Type: TypeTarget, Summary: "the object to put the fields in; without it the top of the event"},
			ignoreMissingOption(false),
		},
		compile: func(b *Build) Step {
			return &logfmtStep{field: b.Field("field"), ignoreMissing: b.Bool("ignore_missing"), prefix: pathPrefix(b)}
		},
	}
}

type logfmtStep struct {
	field         event.ID
	prefix        string
	ignoreMissing bool
}

var (
	errNoPairs   = errors.New("the text has no pair such as key=value")
	errLogfmtEnd = errors.New("a quoted value does not end")
)

// bareKey is the value of a key without one.
var bareKey = []byte("true")

func (s *logfmtStep) Run(c *Context) error {
	text, err := c.text(s.field)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	if bytes.IndexByte(text, '=') < 0 {
		return errNoPairs
	}
	c.pairs = c.pairs[:0]
	for {
		if text = bytes.TrimLeft(text, " \t"); len(text) == 0 {
			return c.setPairs()
		}
		end := bytes.IndexAny(text, "= \t")
		if end < 0 {
			end = len(text)
		}
		key, value := text[:end], bareKey
		if text = text[end:]; len(text) > 0 && text[0] == '=' {
			if value, text, err = s.value(c, text[1:]); err != nil {
				return err
			}
		}
		if len(key) == 0 {
			return errNoPairs
		}
		if err := c.addPair(s.prefix, key, value); err != nil {
			return err
		}
	}
}

// value cuts a value off the text behind its =.
func (s *logfmtStep) value(c *Context, text []byte) (value, rest []byte, err error) {
	if len(text) == 0 || text[0] != '"' {
		end := bytes.IndexAny(text, " \t")
		if end < 0 {
			return text, nil, nil
		}
		return text[:end], text[end:], nil
	}
	end := textEnd(text, 0)
	if end >= len(text) {
		return nil, nil, errLogfmtEnd
	}
	value, rest = text[1:end], text[end+1:]
	if bytes.IndexByte(value, '\\') < 0 {
		return value, rest, nil
	}
	unquoted, err := strconv.Unquote(string(text[:end+1]))
	if err != nil {
		return bytes.ReplaceAll(value, []byte(`\"`), []byte(`"`)), rest, nil //nolint:nilerr // not Go's escapes: kept as they are
	}
	return []byte(unquoted), rest, nil
}
