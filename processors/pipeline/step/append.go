package step

import (
	"bytes"
	"encoding/json"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func appendSpec() Spec {
	return Spec{
		Name:    "append",
		Summary: "Adds values to the end of an array. A field that is no array becomes one; a missing field is made.",
		Example: `{"append": {"field": "tags", "value": ["slow", "{{{url.domain}}}"], "allow_duplicates": false}}`,
		Options: []Option{
			{Name: "field", Type: TypeTarget, Required: true, Summary: "the array"},
			{Name: "value", Type: TypeAny, Summary: "a value or an array of them; {{{field}}} in text stands for the text of a field"},
			{Name: "copy_from", Type: TypeField, Summary: "the field whose value, or items, to add, in place of value"},
			{Name: "allow_duplicates", Type: TypeBool, Default: true, Summary: "add values that are there already"},
			{Name: "ignore_empty_values", Type: TypeBool, Default: false, Summary: "leave out what is empty"},
		},
		compile: compileAppend,
	}
}

type appendStep struct {
	target             event.ID
	items              []appended
	from               event.ID
	distinct, notEmpty bool
}

// appended is a constant, as JSON, or a template.
type appended struct {
	constant []byte
	template *template
}

func compileAppend(b *Build) Step {
	s := &appendStep{
		target: b.Target("field"), from: event.None,
		distinct: !b.Bool("allow_duplicates"), notEmpty: b.Bool("ignore_empty_values"),
	}
	switch {
	case b.Has("value") == b.Has("copy_from"):
		b.Problem("", "needs value or copy_from, not both")
	case b.Has("copy_from"):
		s.from = b.Field("copy_from")
	default:
		s.compileItems(b, b.Raw("value"))
	}
	return s
}

func (s *appendStep) compileItems(b *Build, raw json.RawMessage) {
	list := []json.RawMessage{raw}
	if raw = bytes.TrimSpace(raw); raw[0] == '[' {
		_ = json.Unmarshal(raw, &list) // valid: it was decoded with the step
	}
	for _, item := range list {
		var text string
		if json.Unmarshal(item, &text) == nil && item[0] == '"' {
			t := b.Template("value", text)
			if fixed, ok := t.constant(); ok {
				quoted, _ := event.AppendString(nil, fixed)
				s.items = append(s.items, appended{constant: quoted})
			} else {
				s.items = append(s.items, appended{template: &t})
			}
			continue
		}
		var tidy bytes.Buffer
		_ = json.Compact(&tidy, item)
		s.items = append(s.items, appended{constant: bytes.ToValidUTF8(tidy.Bytes(), []byte("\uFFFD"))})
	}
}

func (s *appendStep) Run(c *Context) error {
	e := c.Event
	c.array = append(c.array[:0], '[')
	array := c.array
	if v := e.Get(s.target); v != nil && v.Kind != event.KindNull {
		if v.Kind == event.KindRaw && v.Bytes()[0] == '[' {
			array = append(array, v.Bytes()[1:len(v.Bytes())-1]...)
		} else {
			array = appendItem(array, v)
		}
	}
	if s.from != event.None {
		var err error
		if array, err = s.copy(c, array); err != nil {
			return err
		}
	}
	for _, item := range s.items {
		text := item.constant
		if item.template != nil {
			rendered, err := item.template.render(e)
			if err != nil {
				return err
			}
			text = c.keep(func(dst []byte) []byte { dst, _ = event.AppendString(dst, rendered); return dst })
		}
		array = s.add(array, text)
	}
	c.array = array
	if len(array) > maxRendered {
		return errTooMuch
	}
	e.Set(s.target, event.Raw(c.keep(func(dst []byte) []byte { return append(append(dst, array...), ']') })))
	return c.spend(len(array))
}

func (s *appendStep) copy(c *Context, array []byte) ([]byte, error) {
	v := c.Event.Get(s.from)
	switch {
	case v == nil || v.Kind == event.KindNull:
		if s.notEmpty {
			return array, nil
		}
		return nil, errMissing
	case v.Kind != event.KindRaw || v.Bytes()[0] != '[':
		text, _ := v.Append(nil)
		return s.add(array, text), nil
	}
	err := eachItem(v.Bytes(), func(item []byte) error {
		array = s.add(array, item)
		return c.spend(len(array))
	})
	return array, err
}

// add adds an item, as JSON, unless it is not wanted.
func (s *appendStep) add(array, item []byte) []byte {
	if s.notEmpty && (len(item) <= 2 && !isDigitByte(item[0]) || string(item) == "null") {
		return array
	}
	if s.distinct {
		found := false
		_ = eachItem(append(array, ']'), func(have []byte) error {
			found = found || bytes.Equal(have, item)
			return nil
		})
		if found {
			return array
		}
	}
	if len(array) > 1 {
		array = append(array, ',')
	}
	return append(array, item...)
}

func isDigitByte(c byte) bool { return c >= '0' && c <= '9' }
