package step

import (
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/table"
)

func lookupSpec() Spec {
	return Spec{
		Name: "lookup",
		Summary: "Sets what a table says of a value. The table is one of the processor's (from a file, SQL or a Kafka topic), by its name, or " +
			"stands in values. A value that the table does not have sets nothing, or the default.",
		Example: `{"lookup": {"field": "source.ip", "match": "cidr", "values": {"10.0.0.0/8": {"team": "core"}}, "target_field": "labels"}}`,
		Options: []Option{
			fieldOption("the value to look up"),
			{Name: "table", Type: TypeText, Summary: "the name of a table of the processor; its answers may change over time"},
			{Name: "values", Type: TypeObject, Summary: "in place of it: the table itself, by key"},
			{Name: "match", Type: TypeText, Default: "exact", Enum: []string{"exact", "cidr"}, Summary: "whether the value is a key, or an address in the network of a key"},
			{Name: "target_field", Type: TypeTarget, Summary: "the object to put the fields in; without it the top of the event. A table of plain values sets it itself"},
			{Name: "default", Type: TypeAny, Summary: "what target_field becomes where the table does not have the value"},
			{Name: "override", Type: TypeBool, Default: true, Summary: "set fields that are there already"},
			ignoreMissingOption(true),
		},
		compile: compileLookup,
	}
}

type lookupStep struct {
	field                   event.ID
	target                  event.ID
	path                    string
	name, failTag           string
	fixed                   Table
	cidr                    bool
	override, ignoreMissing bool
	otherwise               *event.Value
}

func compileLookup(b *Build) Step {
	s := &lookupStep{
		field: b.Field("field"), target: b.Target("target_field"), path: b.Path("target_field"), name: b.Text("table"),
		cidr: b.Text("match") == "cidr", override: b.Bool("override"), ignoreMissing: b.Bool("ignore_missing"),
	}
	if s.target == event.None {
		b.WritesAny()
	}
	switch {
	case b.Has("table") == b.Has("values"):
		b.Problem("", "needs table or values, not both")
	case b.Has("values"):
		t, err := table.FromJSON(b.Raw("values"), "")
		if err != nil {
			b.Problem("values", "%s", err)
			return s
		}
		s.fixed = t
	default:
		b.flow.Varies = true
		s.failTag = "_lookup_table_unavailable_" + s.name
	}
	if b.Has("default") {
		v, message := constantValue(b.Raw("default"))
		switch {
		case message != "":
			b.Problem("default", "%s", message)
		case s.target == event.None:
			b.Problem("default", "needs target_field")
		}
		s.otherwise = &v
	}
	return s
}

func (s *lookupStep) Run(c *Context) error {
	key, err := c.text(s.field)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	from := s.fixed
	if from == nil && c.Data != nil {
		from = c.Data.Table(s.name)
	}
	if from == nil {
		c.Event.Tag(s.failTag)
		return nil
	}
	find := from.Find
	if s.cidr {
		find = from.FindNet
	}
	row, found := find(key)
	if !found {
		if s.otherwise != nil {
			s.set(c, s.target, *s.otherwise)
		}
		return nil
	}
	for _, cell := range row {
		if id := s.cell(c, cell.Name); id != event.None {
			s.set(c, id, cell.Value)
		}
	}
	return c.spend(itemWork * len(row))
}

// cell is the field that a cell of the table goes to.
func (s *lookupStep) cell(c *Context, name string) event.ID {
	switch {
	case name == "":
		return s.target
	case s.path == "":
		return c.Event.InternOwn([]byte(name))
	case strings.HasPrefix(s.path, "_ingest."):
		return c.Event.InternHidden(s.path + "." + name)
	}
	buffer := c.Event.Scratch()
	path := append(append(append(buffer, s.path...), '.'), name...)
	id := c.Event.InternForeign(path[len(buffer):])
	c.Event.Keep(path[:len(buffer)])
	return id
}

func (s *lookupStep) set(c *Context, id event.ID, v event.Value) {
	if old := c.Event.Get(id); !s.override && old != nil && old.Kind != event.KindNull {
		return
	}
	c.Event.Set(id, v)
}
