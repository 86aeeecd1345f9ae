package step

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// Build hands a kind of step its options and gathers what is wrong with them.
type Build struct {
	Schema *event.Schema

	path     string
	spec     Spec
	given    map[string]json.RawMessage
	problems *[]Problem
	nested   func(raw json.RawMessage, path string) Inner
	flow     Flow
}

// Inner is a step inside another, compiled by the pipeline and run through [Context].
type Inner any

// Compile builds the step that spec describes from its options, without the common ones; nested compiles a step inside it.
// Problems are added at key paths below path; the step is nil if there are any.
func Compile(
	spec Spec, given map[string]json.RawMessage, path string, schema *event.Schema,
	nested func(raw json.RawMessage, path string) Inner, problems *[]Problem,
) (Step, Flow) {
	b := &Build{Schema: schema, path: path, spec: spec, given: given, problems: problems, nested: nested}
	b.flow.Varies = spec.varies
	before := len(*problems)
	b.check()
	s := spec.compile(b)
	if len(*problems) > before {
		return nil, b.flow
	}
	return s, b.flow
}

// check finds unknown and missing options, and those of a wrong type; it removes the latter so that they are named once.
func (b *Build) check() {
	known := make([]string, 0, len(b.spec.Options))
	for _, o := range b.spec.Options {
		known = append(known, o.Name)
		raw, ok := b.given[o.Name]
		if !ok {
			if o.Required {
				b.Problem(o.Name, "is required")
			}
			continue
		}
		if message := CheckType(o, raw); message != "" {
			if b.spec.Short == o.Name {
				message = strings.Replace(message, "unknown value", "unknown "+b.spec.Name, 1)
			}
			b.Problem(o.Name, "%s", message)
			delete(b.given, o.Name)
		}
	}
	for _, c := range Common() {
		known = append(known, c.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(b.given)) {
		if !slices.Contains(known, name) {
			b.Problem(name, "%s", Unknown("option", name, known))
		}
	}
}

// CheckType says what is wrong with the type of an option's value; empty if nothing is.
func CheckType(o Option, raw json.RawMessage) string {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return "is not JSON: " + err.Error()
	}
	switch o.Type {
	case TypeText, TypeExpr, TypeField, TypeTarget:
		text, ok := v.(string)
		switch {
		case !ok:
			return "must be a string"
		case text == "" && o.Required:
			return "must not be empty"
		case len(o.Enum) > 0 && !slices.Contains(o.Enum, text):
			return Unknown("value", text, o.Enum)
		}
	case TypeBool:
		if _, ok := v.(bool); !ok {
			return "must be true or false"
		}
	case TypeTexts:
		list, ok := v.([]any)
		if !ok || len(list) == 0 {
			return "must be an array of at least one string"
		}
		for i, item := range list {
			if _, ok := item.(string); !ok {
				return fmt.Sprintf("must be an array of strings; item %d is none", i)
			}
		}
	case TypeList:
		return checkList(o, v)
	case TypeNumber:
		if _, ok := v.(float64); !ok {
			return "must be a number"
		}
	case TypeObject:
		if _, ok := v.(map[string]any); !ok {
			return "must be an object"
		}
	case TypeStep:
		if _, ok := v.(map[string]any); !ok {
			return "must be a step"
		}
	case TypeSteps:
		if _, ok := v.([]any); !ok {
			return "must be an array of steps"
		}
	}
	return ""
}

// checkList says what is wrong with a string or an array of strings.
func checkList(o Option, v any) string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 0 {
		return "must be a string, or an array of at least one"
	}
	for _, item := range list {
		text, ok := item.(string)
		switch {
		case !ok:
			return "must be a string or an array of strings"
		case len(o.Enum) > 0 && !slices.Contains(o.Enum, text):
			return Unknown("value", text, o.Enum)
		}
	}
	return ""
}

// Problem adds a problem with an option ("" for the step as a whole).
func (b *Build) Problem(option, text string, args ...any) {
	path := b.path
	if option != "" {
		path += "." + option
	}
	*b.problems = append(*b.problems, Problem{Path: path, Message: fmt.Sprintf(text, args...)})
}

// Has reports whether an option is given.
func (b *Build) Has(option string) bool { _, ok := b.given[option]; return ok }

func (b *Build) read(option string, into any) {
	raw, ok := b.given[option]
	if !ok {
		for _, o := range b.spec.Options {
			if o.Name == option && o.Default != nil {
				raw, _ = json.Marshal(o.Default)
			}
		}
	}
	if raw != nil {
		_ = json.Unmarshal(raw, into) // its type has been checked
	}
}

// Text returns a string option or its default.
func (b *Build) Text(option string) (s string) { b.read(option, &s); return s }

// Bool returns a boolean option or its default.
func (b *Build) Bool(option string) (v bool) { b.read(option, &v); return v }

// Texts returns an option that is an array of strings.
func (b *Build) Texts(option string) (list []string) { b.read(option, &list); return list }

// Raw returns an option as it was given.
func (b *Build) Raw(option string) json.RawMessage { return b.given[option] }

// List returns an option that is a string or an array of strings.
func (b *Build) List(option string) (list []string) {
	if b.read(option, &list); list == nil {
		if text := b.Text(option); text != "" {
			return []string{text}
		}
	}
	return list
}

// Int returns a numeric option or its default.
func (b *Build) Int(option string) int { return int(b.Float(option)) }

// Float returns a numeric option or its default.
func (b *Build) Float(option string) (v float64) { b.read(option, &v); return v }

// Field returns the field that an option names, to read it.
func (b *Build) Field(option string) event.ID { return b.Source(option, b.Text(option)) }

// Source returns a field to read, which stands in an option.
func (b *Build) Source(option, path string) event.ID {
	path = strings.TrimPrefix(path, "ctx.")
	switch {
	case path == "":
		return event.None
	case strings.Contains(path, "{{"):
		b.Problem(option, "%q: a field is named by its path, not by a template", path)
		return event.None
	}
	b.flow.Reads = append(b.flow.Reads, path)
	return intern(b.Schema, path)
}

// Target returns the field that an option names, to write it.
func (b *Build) Target(option string) event.ID { return b.Sink(option, b.Text(option)) }

// Sink returns a field to write, which stands in an option.
func (b *Build) Sink(option, path string) event.ID {
	path = strings.TrimPrefix(path, "ctx.")
	if path == "" {
		return event.None
	}
	if message := targetProblem(path); message != "" {
		b.Problem(option, "%s", message)
		return event.None
	}
	b.flow.Writes = append(b.flow.Writes, path)
	return intern(b.Schema, path)
}

// Path returns the path that an option names, without the "ctx." that Elastic's scripts put before it.
func (b *Build) Path(option string) string { return strings.TrimPrefix(b.Text(option), "ctx.") }

// Template parses text with fields in it.
func (b *Build) Template(option, text string) template {
	t, err := parseTemplate(text, b.Schema)
	if err != nil {
		b.Problem(option, "%s", err)
	}
	for _, p := range t.pieces {
		if p.id != event.None {
			b.flow.Reads = append(b.flow.Reads, b.Schema.Path(p.id))
		}
	}
	return t
}

// WritesAny notes that the step writes fields that the line names.
func (b *Build) WritesAny() { b.flow.Writes = append(b.flow.Writes, "") }

// intern returns the ID of a path that a config names. The time of ingest is that of reading here.
func intern(schema *event.Schema, path string) event.ID {
	switch {
	case path == "_ingest.timestamp":
		return event.EventCreated
	case strings.HasPrefix(path, "_ingest._"):
		return schema.InternHidden(path)
	}
	return schema.Intern(path)
}

// targetProblem says why a step may not write a field; empty if it may.
func targetProblem(path string) string {
	switch {
	case path == innerValue || strings.HasPrefix(path, innerValue+"."):
		return ""
	case strings.Contains(path, "{{"):
		return fmt.Sprintf("%q: a field is named by its path, not by a template", path)
	case event.Reserved(path):
		return fmt.Sprintf("%q says where the event came from or goes to, and is not for steps to change", path)
	case strings.HasPrefix(path, "tags."):
		return "\"tags\" is an array"
	case slices.Contains(strings.Split(path, "."), ""):
		return fmt.Sprintf("%q has an empty part between its dots", path)
	case strings.Count(path, ".") >= event.MaxDepth:
		return fmt.Sprintf("%q has more than %d parts", path, event.MaxDepth)
	}
	return ""
}
