package step

import (
	"errors"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/format"
)

func jsonSpec() Spec {
	return Spec{
		Name:    "json",
		Summary: "Reads JSON out of a field. The format json also gives the fields of well-known loggers their ECS names; this step does not.",
		Example: `{"json": {"field": "message", "target_field": "payload"}}`,
		Options: []Option{
			fieldOption("the text"),
			{Name: "target_field", Type: TypeTarget, Summary: "the field to write; without it the field itself"},
			{Name: "add_to_root", Type: TypeBool, Default: false, Summary: "put the fields of the object at the top of the event; not with target_field"},
			{
				Name: "add_to_root_conflict_strategy", Type: TypeText, Default: "replace", Enum: []string{"replace", "merge"},
				Summary: "whether an object of the text takes the place of one of the event, or its fields are added to it",
			},
			{Name: "allow_duplicate_keys", Type: TypeBool, Default: false, Summary: "take the first of equal keys, in place of failing"},
			{Name: "strict_json_parsing", Type: TypeBool, Default: true, Summary: "fail where text follows the JSON"},
			ignoreMissingOption(false),
		},
		compile: compileJSON,
	}
}

type jsonStep struct {
	field                                    event.ID
	target                                   event.ID
	path                                     string // empty: the top
	merge, duplicates, strict, ignoreMissing bool
}

func compileJSON(b *Build) Step {
	s := &jsonStep{
		field: b.Field("field"), target: event.None, merge: b.Text("add_to_root_conflict_strategy") == "merge",
		duplicates: b.Bool("allow_duplicate_keys"), strict: b.Bool("strict_json_parsing"), ignoreMissing: b.Bool("ignore_missing"),
	}
	switch {
	case b.Bool("add_to_root") && b.Has("target_field"):
		b.Problem("target_field", "give either target_field or add_to_root, not both")
	case b.Bool("add_to_root"):
		b.WritesAny()
	default:
		s.target, s.path = targetOrField(b)
	}
	return s
}

var (
	errJSONRest = errors.New("not JSON: text follows the value")
	errJSONTwin = errors.New("the JSON has a key twice")
)

func (s *jsonStep) Run(c *Context) error {
	text, err := c.text(s.field)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	fields, rest, err := c.Format.Flatten(c.fields[:0], s.path, text)
	c.fields = fields
	switch {
	case err != nil:
		return err
	case rest > 0 && s.strict:
		return errJSONRest
	case !s.duplicates && twins(fields):
		return errJSONTwin
	}
	if s.path != "" {
		c.Event.RemoveAll(s.target, s.path)
	} else if !s.merge {
		s.replace(c.Event, fields)
	}
	for i := len(fields) - 1; i >= 0; i-- { // the first of equal keys wins
		c.Event.Set(fields[i].ID, fields[i].Value)
	}
	return nil
}

// replace removes what the top-level keys of the text stand for in the event.
func (s *jsonStep) replace(e *event.Event, fields []format.Field) {
	last := ""
	for _, f := range fields {
		top, _, nested := strings.Cut(e.Path(f.ID), ".")
		if !nested || top == last || event.Reserved(top+".") {
			continue
		}
		last = top
		if id := e.Lookup(top); id != event.None || e.HasObject(top) {
			e.RemoveAll(id, top)
		}
	}
}

// twins reports whether a field is there twice.
func twins(fields []format.Field) bool {
	const few = 16
	if len(fields) <= few {
		for i := range fields {
			for j := range i {
				if fields[i].ID == fields[j].ID {
					return true
				}
			}
		}
		return false
	}
	seen := make(map[event.ID]bool, len(fields))
	for _, f := range fields {
		if seen[f.ID] {
			return true
		}
		seen[f.ID] = true
	}
	return false
}
