package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/millrace/millrace/processors/pipeline/cond"
	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/step"
)

const (
	maxSteps   = 200 // in one list
	maxNesting = 5   // of on_failure in on_failure
)

// compiled is one step with what all steps share.
type compiled struct {
	path      string // "pipeline[0].dissect"
	kind      string
	tag       string
	failTag   string
	when      *cond.Cond // nil: always
	do        step.Step
	ignore    bool
	onFailure []compiled
	handles   bool // on_failure is given, maybe empty
	flow      step.Flow
	inner     *[1]compiled // the step inside a foreach
}

type compiler struct {
	schema   *event.Schema
	specs    map[string]step.Spec
	problems []Problem
	steps    int
}

func (c *compiler) problem(path, text string, args ...any) {
	c.problems = append(c.problems, Problem{Path: path, Message: fmt.Sprintf(text, args...)})
}

// list compiles an array of steps.
func (c *compiler) list(raw json.RawMessage, path string, nesting int) []compiled {
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || string(trimmed) == "null" {
		return nil
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		c.problem(path, "must be an array of steps: %s", jsonFault(err))
		return nil
	}
	if c.steps += len(items); c.steps > maxSteps*maxNesting {
		c.problem(path, "the pipeline has more than %d steps in all", maxSteps*maxNesting)
		return nil
	}
	if len(items) > maxSteps {
		c.problem(path, "has %d steps; at most %d are allowed", len(items), maxSteps)
		return nil
	}
	if nesting > maxNesting {
		c.problem(path, "on_failure is nested more than %d deep", maxNesting)
		return nil
	}
	list := make([]compiled, 0, len(items))
	for i, item := range items {
		list = append(list, c.one(item, fmt.Sprintf("%s[%d]", path, i), nesting))
	}
	return list
}

// one compiles one step: an object whose only key is the kind of step.
func (c *compiler) one(raw json.RawMessage, path string, nesting int) compiled {
	if nesting > maxNesting {
		c.problem(path, "steps are nested more than %d deep", maxNesting)
		return compiled{}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		c.problem(path, "must be an object such as {\"format\": \"json\"}")
		return compiled{}
	}
	kinds := slices.Sorted(maps.Keys(object))
	if len(kinds) != 1 {
		c.problem(path, "must have exactly one key, the kind of step; it has %d", len(kinds))
	}
	var s compiled
	for _, kind := range kinds {
		s = c.step(kind, object[kind], path+"."+kind, nesting)
	}
	return s
}

func (c *compiler) step(kind string, raw json.RawMessage, path string, nesting int) compiled {
	s := compiled{path: path, kind: kind, failTag: "_" + kind + "_failure"}
	spec, known := c.specs[kind]
	if !known {
		c.problem(path, "%s", step.Unknown("step", kind, slices.Collect(maps.Keys(c.specs))))
	}
	options, ok := c.options(spec, raw)
	if !ok {
		if known {
			c.problem(path, "must be an object of options")
		}
		return s
	}
	c.common(&s, options, nesting)
	if known {
		s.do, s.flow = step.Compile(spec, options, path, c.schema, func(raw json.RawMessage, path string) step.Inner {
			s.inner = &[1]compiled{c.one(raw, path, nesting+1)}
			return s.inner
		}, &c.problems)
	}
	return s
}

// options reads a step's options, or the plain string that stands for one of them.
func (c *compiler) options(spec step.Spec, raw json.RawMessage) (map[string]json.RawMessage, bool) {
	options := map[string]json.RawMessage{}
	if spec.Short != "" && len(raw) > 0 && raw[0] == '"' {
		options[spec.Short] = raw
		return options, true
	}
	if err := json.Unmarshal(raw, &options); err != nil || options == nil {
		return nil, false
	}
	return options, true
}

// common takes the options that all steps share out of options.
func (c *compiler) common(s *compiled, options map[string]json.RawMessage, nesting int) {
	for _, o := range step.Common() {
		raw, ok := options[o.Name]
		if !ok {
			continue
		}
		delete(options, o.Name)
		at := s.path + "." + o.Name
		if message := step.CheckType(o, raw); message != "" {
			c.problem(at, "%s", message)
			continue
		}
		switch o.Name {
		case "if":
			s.when = c.condition(raw, at)
		case "on_failure":
			s.onFailure, s.handles = c.list(raw, at, nesting+1), true
		case "ignore_failure":
			_ = json.Unmarshal(raw, &s.ignore) // its type has been checked
		case "tag":
			_ = json.Unmarshal(raw, &s.tag)
			if s.tag != "" {
				s.failTag = s.tag
			}
		}
	}
}

func (c *compiler) condition(raw json.RawMessage, path string) *cond.Cond {
	var source string
	_ = json.Unmarshal(raw, &source) // its type has been checked
	compiled, err := cond.Compile(source, c.schema)
	if err != nil {
		c.problem(path, "%s", err)
		return nil
	}
	return compiled
}

// jsonFault drops the Go types from an error of encoding/json.
func jsonFault(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return "it is a " + wrong.Value
	}
	return err.Error()
}
