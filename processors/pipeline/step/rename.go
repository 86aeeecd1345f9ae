package step

import (
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func renameSpec() Spec {
	return Spec{
		Name:    "rename",
		Summary: "Gives a field another name, with all below it.",
		Example: `{"rename": {"field": "client", "target_field": "source.address"}}`,
		Options: []Option{
			fieldOption("the field"),
			{Name: "target_field", Type: TypeTarget, Required: true, Summary: "its new name; there must not be such a field yet"},
			ignoreMissingOption(false),
			{Name: "override", Type: TypeBool, Default: false, Summary: "replace a field that bears the new name"},
		},
		compile: func(b *Build) Step {
			s := &renameStep{
				field: b.Field("field"), path: b.Path("field"), target: b.Target("target_field"), targetPath: b.Path("target_field"),
				ignoreMissing: b.Bool("ignore_missing"), override: b.Bool("override"),
			}
			if message := targetProblem(s.path); message != "" {
				b.Problem("field", "%s", message)
			}
			return s
		},
	}
}

type renameStep struct {
	field, target           event.ID
	path, targetPath        string
	ignoreMissing, override bool
}

var errThere = errors.New("the field target_field is there already")

func (s *renameStep) Run(c *Context) error {
	e := c.Event
	v := e.Get(s.field)
	if v == nil && !e.HasObject(s.path) {
		if s.ignoreMissing {
			return nil
		}
		return errMissing
	}
	if !s.override && (e.Has(s.target) || e.HasObject(s.targetPath)) {
		return errThere
	}
	if v == nil {
		s.move(e)
		return nil
	}
	value := *v
	if s.override {
		e.RemoveAll(s.target, s.targetPath)
	}
	e.Remove(s.field)
	e.Set(s.target, value)
	return nil
}

// move renames an object: all fields below it.
func (s *renameStep) move(e *event.Event) {
	type found struct {
		rest  string
		value event.Value
	}
	var fields []found
	e.Children(s.path, func(rest string, v *event.Value) {
		if !event.Reserved(s.path + "." + rest) {
			fields = append(fields, found{rest, *v})
		}
	})
	e.RemoveAll(s.field, s.path)
	if s.override {
		e.RemoveAll(s.target, s.targetPath)
	}
	for _, f := range fields {
		e.Set(e.InternOwn([]byte(s.targetPath+"."+f.rest)), f.value)
	}
}
