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
}

// Compile builds the step that spec describes from its options, without the common ones. Problems are added at key paths
// below path; the step is nil if there are any.
func Compile(spec Spec, given map[string]json.RawMessage, path string, schema *event.Schema, problems *[]Problem) Step {
	b := &Build{Schema: schema, path: path, spec: spec, given: given, problems: problems}
	before := len(*problems)
	b.check()
	s := spec.compile(b)
	if len(*problems) > before {
		return nil
	}
	return s
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
	case TypeSteps:
		if _, ok := v.([]any); !ok {
			return "must be an array of steps"
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

// Field returns the field that an option names, to read it.
func (b *Build) Field(option string) event.ID {
	path := b.Text(option)
	if path == "" {
		return event.None
	}
	return b.Schema.Intern(strings.TrimPrefix(path, "ctx."))
}

// Target returns the field that an option names, to write it.
func (b *Build) Target(option string) event.ID {
	path := strings.TrimPrefix(b.Text(option), "ctx.")
	if path == "" {
		return event.None
	}
	if message := targetProblem(path); message != "" {
		b.Problem(option, "%s", message)
		return event.None
	}
	return b.Schema.Intern(path)
}

// targetProblem says why a step may not write a field; empty if it may.
func targetProblem(path string) string {
	switch {
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
