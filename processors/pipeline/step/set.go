package step

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func setSpec() Spec {
	return Spec{
		Name:    "set",
		Summary: "Sets a field to a value, or to that of another field.",
		Example: `{"set": {"field": "labels.team", "value": "payments for {{{url.domain}}}", "override": false}}`,
		Options: []Option{
			{Name: "field", Type: TypeTarget, Required: true, Summary: "the field to set"},
			{Name: "value", Type: TypeAny, Summary: "the value; {{{field}}} in text stands for the text of a field; an object sets the fields in it"},
			{Name: "copy_from", Type: TypeField, Summary: "the field whose value to take, in place of value"},
			{Name: "override", Type: TypeBool, Default: true, Summary: "set it even where the field is there already"},
			{Name: "ignore_empty_value", Type: TypeBool, Default: false, Summary: "do nothing where the value is empty or the field to copy is missing"},
		},
		compile: compileSet,
	}
}

// setStep is one of: fields with constant values, a template, a copy.
type setStep struct {
	target      event.ID
	path        string
	constants   []constant
	template    *template
	from        event.ID // None: no copy
	fromPath    string
	override    bool
	ignoreEmpty bool
}

type constant struct {
	id    event.ID
	value event.Value
}

func compileSet(b *Build) Step {
	s := &setStep{
		target: b.Target("field"), path: b.Path("field"), from: event.None,
		override: b.Bool("override"), ignoreEmpty: b.Bool("ignore_empty_value"),
	}
	switch {
	case b.Has("value") && b.Has("copy_from"):
		b.Problem("copy_from", "give either value or copy_from, not both")
	case b.Has("copy_from"):
		s.from, s.fromPath = b.Field("copy_from"), b.Path("copy_from")
	case b.Has("value") && s.target == event.None:
		// its problem has been named
	case b.Has("value"):
		s.compileValue(b, b.Raw("value"))
	default:
		b.Problem("", "needs value or copy_from")
	}
	return s
}

func (s *setStep) compileValue(b *Build, raw json.RawMessage) {
	var text string
	if json.Unmarshal(raw, &text) == nil && raw[0] == '"' {
		t := b.Template("value", text)
		if fixed, ok := t.constant(); ok {
			s.constants = []constant{{id: s.target, value: event.String(fixed)}}
		} else {
			s.template = &t
		}
		return
	}
	s.addConstants(b, s.path, raw)
}

// addConstants plans the value at a path: a plain one, or the fields of an object.
func (s *setStep) addConstants(b *Build, path string, raw json.RawMessage) {
	raw = bytes.TrimSpace(raw)
	if raw[0] == '{' {
		var object map[string]json.RawMessage
		_ = json.Unmarshal(raw, &object) // valid: it was decoded with the step
		for _, name := range slices.Sorted(maps.Keys(object)) {
			s.addConstants(b, path+"."+name, object[name])
		}
		return
	}
	if message := targetProblem(path); message != "" {
		b.Problem("value", "%s", message)
		return
	}
	id := intern(b.Schema, path)
	v, message := constantValue(raw)
	if message != "" {
		b.Problem("value", "%s", message)
		return
	}
	s.constants = append(s.constants, constant{id, v})
}

// constantValue is the value that a config gives: anything but null and objects.
func constantValue(raw json.RawMessage) (v event.Value, problem string) {
	switch raw = bytes.TrimSpace(raw); raw[0] {
	case 'n':
		return v, "must not be null"
	case '{':
		return v, "must not be an object"
	case 't', 'f':
		return event.Bool(raw[0] == 't'), ""
	case '"':
		var text string
		_ = json.Unmarshal(raw, &text)
		return event.Constant(text), "" // json has mended it
	case '[':
		var tidy bytes.Buffer
		_ = json.Compact(&tidy, raw)
		return event.ConstantList(strings.ToValidUTF8(tidy.String(), "\uFFFD")), ""
	}
	return event.ConstantNumber(string(raw)), ""
}

func (s *setStep) Run(c *Context) error {
	e := c.Event
	switch {
	case s.from != event.None:
		return s.copy(e)
	case s.template != nil:
		if s.keeps(e, s.target) {
			return nil
		}
		text, err := s.template.render(e)
		if err != nil {
			return err
		}
		if len(text) > 0 || !s.ignoreEmpty {
			e.Set(s.target, event.String(text))
		}
		return nil
	}
	for _, f := range s.constants {
		empty := f.value.Kind == event.KindString && len(f.value.Bytes()) == 0
		if !s.keeps(e, f.id) && (!empty || !s.ignoreEmpty) {
			e.Set(f.id, f.value)
		}
	}
	return nil
}

// keeps reports whether a field is there and may not be overridden.
func (s *setStep) keeps(e *event.Event, id event.ID) bool {
	if s.override {
		return false
	}
	v := e.Get(id)
	return v != nil && v.Kind != event.KindNull
}

func (s *setStep) copy(e *event.Event) error {
	if v := e.Get(s.from); v != nil {
		empty := v.Kind == event.KindNull || v.IsText() && len(v.Text()) == 0
		if !s.keeps(e, s.target) && (!empty || !s.ignoreEmpty) {
			e.Set(s.target, *v)
		}
		return nil
	}
	type found struct {
		rest  string
		value event.Value
	}
	var fields []found
	e.Children(s.fromPath, func(rest string, v *event.Value) { fields = append(fields, found{rest, *v}) })
	if len(fields) == 0 && !s.ignoreEmpty {
		return errMissing
	}
	for _, f := range fields {
		if id := e.InternForeign([]byte(s.path + "." + f.rest)); !s.keeps(e, id) {
			e.Set(id, f.value)
		}
	}
	return nil
}
