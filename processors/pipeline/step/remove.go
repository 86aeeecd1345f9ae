package step

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func removeSpec() Spec {
	return Spec{
		Name:    "remove",
		Summary: "Removes fields, each with all below it.",
		Example: `{"remove": {"field": ["when", "user"], "ignore_missing": true}}`,
		Options: []Option{
			{Name: "field", Type: TypeList, Summary: "the field or fields to remove"},
			{Name: "keep", Type: TypeList, Summary: "in place of field: remove all but these, the message and what Millrace itself sets"},
			ignoreMissingOption(false),
		},
		compile: compileRemove,
	}
}

type removeStep struct {
	fields        []event.ID
	paths         []string
	keep          []string
	ignoreMissing bool
}

func compileRemove(b *Build) Step {
	s := &removeStep{ignoreMissing: b.Bool("ignore_missing")}
	if b.Has("field") == b.Has("keep") {
		b.Problem("", "needs field or keep, not both")
		return s
	}
	for _, path := range b.List("field") {
		s.fields, s.paths = append(s.fields, b.Sink("field", path)), append(s.paths, strings.TrimPrefix(path, "ctx."))
	}
	if b.Has("keep") {
		b.WritesAny()
		s.keep = append(b.List("keep"), "@timestamp", "message", "host.name", "tags")
	}
	return s
}

func (s *removeStep) Run(c *Context) error {
	e := c.Event
	if s.keep != nil {
		return s.removeOthers(c)
	}
	if !s.ignoreMissing {
		for i, id := range s.fields {
			if !e.Has(id) && !e.HasObject(s.paths[i]) {
				return errMissing
			}
		}
	}
	for i, id := range s.fields {
		e.RemoveAll(id, s.paths[i])
	}
	return nil
}

func (s *removeStep) removeOthers(c *Context) error {
	var gone []event.ID
	c.Event.Each(func(path string, _ *event.Value) {
		kept := slices.ContainsFunc(s.keep, func(keep string) bool {
			return path == keep || strings.HasPrefix(path, keep+".")
		})
		if !kept && !event.Reserved(path) {
			gone = append(gone, c.Event.Lookup(path))
		}
	})
	for _, id := range gone {
		c.Event.Remove(id)
	}
	return nil
}
