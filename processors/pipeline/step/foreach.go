package step

import (
	"errors"
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// innerValue and innerKey are the fields in which foreach hands an item to its step.
const (
	innerValue = "_ingest._value"
	innerKey   = "_ingest._key"
)

func foreachSpec() Spec {
	return Spec{
		Name: "foreach",
		Summary: "Runs a step on each item of an array, or each field of an object. The item is in _ingest._value, its key in " +
			"_ingest._key; what the step leaves in _ingest._value takes its place.",
		Example: `{"foreach": {"field": "labels.roles", "processor": {"uppercase": {"field": "_ingest._value"}}}}`,
		Options: []Option{
			{Name: "field", Type: TypeTarget, Required: true, Summary: "the array or object"},
			{Name: "processor", Type: TypeStep, Required: true, Summary: "the step"},
			ignoreMissingOption(false),
		},
		compile: func(b *Build) Step {
			s := &foreachStep{
				path: b.Path("field"), ignoreMissing: b.Bool("ignore_missing"),
				value: b.Schema.InternHidden(innerValue), key: b.Schema.InternHidden(innerKey),
			}
			s.field = b.Target("field")
			b.flow.Reads = append(b.flow.Reads, s.path)
			if raw := b.Raw("processor"); raw != nil {
				s.inner = b.nested(raw, b.path+".processor")
			}
			return s
		},
	}
}

type foreachStep struct {
	field, value, key event.ID
	path              string
	inner             Inner
	ignoreMissing     bool
}

var errNotLoop = errors.New("the field is neither an array nor an object")

// itemWork is what one item costs beside what its step does.
const itemWork = 256

func (s *foreachStep) Run(c *Context) (err error) {
	v := c.Event.Get(s.field)
	switch {
	case v == nil && c.Event.HasObject(s.path):
	case v == nil || v.Kind == event.KindNull:
		if s.ignoreMissing {
			return nil
		}
		return errMissing
	case v.Kind != event.KindRaw:
		return errNotLoop
	}
	var before event.Saved
	c.Event.Save(&before)
	if v == nil || v.Bytes()[0] == '{' {
		err = s.object(c)
	} else {
		err = s.array(c, v.Bytes())
	}
	c.Event.RemoveAll(s.value, innerValue)
	c.Event.Remove(s.key)
	if err != nil && err != ErrDrop { //nolint:errorlint // steps return it as it is
		c.Event.Restore(&before)
	}
	return err
}

func (s *foreachStep) array(c *Context, array []byte) error {
	out := []byte{'['}
	items := 0
	err := eachItem(array, func(item []byte) error {
		if items++; items > maxItems {
			return errItems
		}
		if err := s.put(c, item); err != nil {
			return err
		}
		if err := s.run(c, len(item)); err != nil {
			return err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		if out = s.take(c.Event, out); len(out) > maxRendered {
			return errTooMuch
		}
		return nil
	})
	if err == nil {
		c.Event.Set(s.field, event.Raw(append(out, ']')))
	}
	return err
}

// run runs the inner step on the item that has been put.
func (s *foreachStep) run(c *Context, size int) error {
	if err := c.spend(itemWork + size); err != nil {
		return err
	}
	return c.Inner(s.inner)
}

// put makes an item readable under _ingest._value; the fields of an object each for itself.
func (s *foreachStep) put(c *Context, item []byte) error {
	c.Event.RemoveAll(s.value, innerValue)
	if item[0] != '{' {
		c.Event.Set(s.value, itemValue(item))
		return nil
	}
	return eachMember(item, innerValue, func(path string, v event.Value) {
		c.Event.Set(c.Event.InternHidden(path), v)
	})
}

// take appends what the step left of an item, as JSON.
func (s *foreachStep) take(e *event.Event, out []byte) []byte {
	if v := e.Get(s.value); v != nil {
		out, _ = v.Append(out)
		return out
	}
	type member struct {
		path  string
		value event.Value
	}
	var members []member
	e.Children(innerValue, func(rest string, v *event.Value) { members = append(members, member{rest, *v}) })
	if len(members) == 0 {
		return append(out, "null"...)
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.path, b.path) })
	tree := newTree()
	for i := range members {
		tree.add(members[i].path, &members[i].value)
	}
	return tree.append(out)
}

// object runs the step on each field directly below the object.
func (s *foreachStep) object(c *Context) error {
	keys := map[string]bool{}
	c.Event.Children(s.path, func(rest string, _ *event.Value) {
		key, _, _ := strings.Cut(rest, ".")
		keys[key] = true
	})
	if len(keys) > maxItems {
		return errItems
	}
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for key := range keys {
			if !yield(key) {
				return
			}
		}
	}) {
		if event.Reserved(s.path + "." + key) {
			continue
		}
		if err := s.member(c, key); err != nil {
			return err
		}
	}
	return nil
}

func (s *foreachStep) member(c *Context, key string) error {
	e, path := c.Event, s.path+"."+key
	id := e.Lookup(path)
	copyBelow(e, id, path, innerValue)
	e.Set(s.key, event.String([]byte(key)))
	e.RemoveAll(id, path)
	if err := s.run(c, len(key)); err != nil {
		return err
	}
	if v := e.Get(s.key); v != nil && v.IsText() && len(v.Text()) > 0 && !event.Reserved(s.path+"."+string(v.Text())) {
		path = s.path + "." + string(v.Text())
	}
	copyBelow(e, s.value, innerValue, path)
	e.RemoveAll(s.value, innerValue)
	return nil
}

// copyBelow copies a field, or all fields below its path, to another path.
func copyBelow(e *event.Event, id event.ID, from, to string) {
	type found struct {
		rest  string
		value event.Value
	}
	var fields []found
	if v := e.Get(id); v != nil {
		fields = append(fields, found{"", *v})
	}
	e.Children(from, func(rest string, v *event.Value) { fields = append(fields, found{"." + rest, *v}) })
	for _, f := range fields {
		e.Set(e.InternOwn([]byte(to+f.rest)), f.value)
	}
}
