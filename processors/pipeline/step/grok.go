package step

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/grok"
)

func grokSpec() Spec {
	return Spec{
		Name:    "grok",
		Summary: "Takes fields out of a text by patterns of named parts; the first pattern that matches counts.",
		Example: `{"grok": {"field": "message", "patterns": ["%{IPORHOST:source.address} %{WORD:http.request.method} %{NUMBER:took:float}"]}}`,
		Options: []Option{
			fieldOption("the text"),
			{Name: "patterns", Type: TypeTexts, Required: true, Summary: "patterns to try in order"},
			{Name: "pattern_definitions", Type: TypeObject, Summary: "names of one's own, with their patterns"},
			{Name: "ecs_compatibility", Type: TypeText, Default: "v1", Enum: []string{"v1"}, Summary: "the library's patterns give the names of ECS"},
			{Name: "trace_match", Type: TypeBool, Default: false, Summary: "write the number of the pattern that matched to _ingest._grok_match_index"},
			ignoreMissingOption(false),
		},
		compile: func(b *Build) Step {
			s := &grokStep{field: b.Field("field"), ignoreMissing: b.Bool("ignore_missing"), trace: event.None}
			if b.Bool("trace_match") {
				s.trace = b.Schema.InternHidden("_ingest._grok_match_index")
			}
			definitions := patternDefinitions(b)
			for i, text := range b.Texts("patterns") {
				s.add(b, fmt.Sprintf("patterns[%d]", i), text, definitions)
			}
			return s
		},
	}
}

// patternDefinitions reads the names that the user defines.
func patternDefinitions(b *Build) (definitions map[string]string) {
	if b.Has("pattern_definitions") {
		var values map[string]any
		b.read("pattern_definitions", &values)
		definitions = map[string]string{}
		for name, v := range values {
			text, ok := v.(string)
			if !ok {
				b.Problem("pattern_definitions."+name, "must be a string")
			}
			definitions[name] = text
		}
	}
	return definitions
}

// grokStep also is the regex step.
type grokStep struct {
	field         event.ID
	patterns      []fieldPattern
	trace         event.ID
	ignoreMissing bool
}

// fieldPattern is a pattern with the fields of its captures.
type fieldPattern struct {
	*grok.Pattern
	targets []patternTarget
}

type patternTarget struct {
	id      event.ID
	groups  []int
	convert func(c *Context, v *event.Value) (event.Value, error)
	kind    string
}

// add compiles a pattern of the option that stands at a path.
func (s *grokStep) add(b *Build, option, text string, definitions map[string]string) {
	p, err := grok.Compile(text, definitions)
	if err != nil {
		b.Problem(option, "%s", err)
		return
	}
	f := fieldPattern{Pattern: p}
	for _, capture := range p.Captures() {
		t := patternTarget{id: b.Sink(option, capture.Name), groups: capture.Groups, kind: capture.Type}
		if capture.Type != "" {
			t.convert = converters[capture.Type]
		}
		f.targets = append(f.targets, t)
	}
	s.patterns = append(s.patterns, f)
}

var errNoPattern = errors.New("the field matches none of the patterns")

func (s *grokStep) Run(c *Context) error {
	text, err := c.text(s.field)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	for i := range s.patterns {
		p := &s.patterns[i]
		cost := len(text)
		if !p.Scans() {
			cost *= regexpCost
		}
		if err := c.spend(cost); err != nil {
			return err
		}
		spans, ok := p.Match(text, &c.grok)
		if !ok {
			continue
		}
		if err := p.set(c, text, spans); err != nil {
			return err
		}
		if s.trace != event.None {
			c.Event.Set(s.trace, event.Number(strconv.AppendInt(nil, int64(i), 10)))
		}
		return nil
	}
	return errNoPattern
}

// set sets the fields that a match found. What is to be a number and is none fails before anything is set.
func (p *fieldPattern) set(c *Context, text []byte, spans []int) error {
	values := c.values[:0]
	for i := range p.targets {
		t := &p.targets[i]
		var v event.Value
		for _, g := range t.groups {
			if from, to := spans[2*g], spans[2*g+1]; from >= 0 {
				v = event.String(text[from:to])
				break
			}
		}
		values = append(values, v)
		if t.convert == nil || !v.IsText() {
			continue
		}
		// A pointer into the scratch memory: one to v would move it to the heap, for every field.
		converted, err := t.convert(c, &values[i])
		if err != nil {
			return fmt.Errorf("%s is no %s: %w", c.Event.Path(t.id), t.kind, err)
		}
		values[i] = converted
	}
	c.values = values
	for i := range p.targets {
		if values[i].Kind != event.KindNull {
			c.Event.Set(p.targets[i].id, values[i])
		}
	}
	return nil
}
