package step

import (
	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/format"
)

func formatSpec() Spec {
	names := make([]string, 0, len(format.Specs()))
	for _, f := range format.Specs() {
		names = append(names, f.Name)
	}
	return Spec{
		Name:    "format",
		Summary: "Parses a well-known log format into ECS fields.",
		Short:   "name",
		Example: `{"format": "nginx.access"}`,
		Options: []Option{
			{Name: "name", Type: TypeText, Required: true, Enum: names, Summary: "the format"},
			{Name: "field", Type: TypeField, Default: "message", Summary: "the field that holds the line"},
		},
		compile: func(b *Build) Step {
			s := &formatStep{field: b.Field("field")}
			b.WritesAny()
			name := b.Text("name")
			for _, f := range format.Specs() {
				if f.Name == name {
					s.parse = f.Parse
				}
			}
			return s
		},
	}
}

type formatStep struct {
	field event.ID
	parse func(*format.Input) error
}

func (s *formatStep) Run(c *Context) error {
	line, err := c.text(s.field)
	if err != nil {
		return err
	}
	in := &c.Format
	in.Event, in.Line, in.At, in.Location = c.Event, line, c.At, c.Location
	err = s.parse(in)
	in.Line = nil
	return err
}
