package step

import (
	"errors"
	"slices"

	"github.com/millrace/millrace/processors/pipeline/dissect"
	"github.com/millrace/millrace/processors/pipeline/event"
)

func dissectSpec() Spec {
	return Spec{
		Name:    "dissect",
		Summary: "Cuts a field by a pattern of keys and the text between them.",
		Example: `{"dissect": {"field": "message", "pattern": "%{process.name}[%{process.pid}]: %{message}"}}`,
		Options: []Option{
			{Name: "field", Type: TypeField, Default: "message", Summary: "the field to cut"},
			{Name: "pattern", Type: TypeText, Required: true, Summary: "the pattern, such as %{a} [%{b->}] %{+a/2} %{?skipped} %{*name}=%{&name}"},
			{Name: "append_separator", Type: TypeText, Default: "", Summary: "what stands between the parts of an appended value"},
			{Name: "ignore_missing", Type: TypeBool, Default: false, Summary: "do nothing where the field is missing"},
		},
		compile: compileDissect,
	}
}

// dissectStep sets what its pattern cuts. Its indexes are those of the pattern's keys.
type dissectStep struct {
	field         event.ID
	pattern       *dissect.Pattern
	single        []target
	joined        []joined
	named         [][2]int // name, value
	separator     []byte
	ignoreMissing bool
}

type target struct {
	part int
	id   event.ID
}

// joined is a value that several keys make up, in order.
type joined struct {
	parts []int
	id    event.ID
}

func compileDissect(b *Build) Step {
	s := &dissectStep{field: b.Field("field"), separator: []byte(b.Text("append_separator")), ignoreMissing: b.Bool("ignore_missing")}
	if b.Text("pattern") == "" {
		return s
	}
	var err error
	if s.pattern, err = dissect.Compile(b.Text("pattern")); err != nil {
		b.Problem("pattern", "%s", err)
		return s
	}
	keys := s.pattern.Keys()
	done := map[string]bool{}
	for i, k := range keys {
		switch k.Role {
		case dissect.Name:
			value := slices.IndexFunc(keys, func(o dissect.Key) bool { return o.Role == dissect.Value && o.Name == k.Name })
			b.WritesAny()
			s.named = append(s.named, [2]int{i, value})
		case dissect.Take, dissect.Append:
			if !done[k.Name] {
				done[k.Name] = true
				s.add(b, keys, k.Name)
			}
		}
	}
	return s
}

// add plans the value of one field: of all keys that take or append to it.
func (s *dissectStep) add(b *Build, keys []dissect.Key, name string) {
	id := b.Sink("pattern", name)
	var parts []int
	for i, k := range keys {
		if k.Name == name && (k.Role == dissect.Take || k.Role == dissect.Append) {
			parts = append(parts, i)
		}
	}
	slices.SortStableFunc(parts, func(i, j int) int { return keys[i].Order - keys[j].Order })
	if len(parts) == 1 {
		s.single = append(s.single, target{part: parts[0], id: id})
		return
	}
	s.joined = append(s.joined, joined{parts: parts, id: id})
}

var errNoMatch = errors.New("the field does not have the pattern's parts")

func (s *dissectStep) Run(c *Context) error {
	line, err := c.text(s.field)
	if err != nil {
		if s.ignoreMissing && errors.Is(err, errMissing) {
			return nil
		}
		return err
	}
	parts, ok := s.pattern.Match(line, c.parts[:0])
	c.parts = parts
	if !ok {
		return errNoMatch
	}
	for _, t := range s.single {
		c.Event.Set(t.id, event.String(parts[t.part]))
	}
	for _, j := range s.joined {
		c.Event.Set(j.id, event.String(s.join(c.Event, parts, j.parts)))
	}
	for _, n := range s.named {
		if name := parts[n[0]]; len(name) > 0 {
			c.Event.Set(c.Event.InternForeign(name), event.String(parts[n[1]]))
		}
	}
	return nil
}

func (s *dissectStep) join(e *event.Event, parts [][]byte, order []int) []byte {
	buffer := e.Scratch()
	start := len(buffer)
	for i, part := range order {
		if i > 0 {
			buffer = append(buffer, s.separator...)
		}
		buffer = append(buffer, parts[part]...)
	}
	e.Keep(buffer)
	return buffer[start:len(buffer):len(buffer)]
}
