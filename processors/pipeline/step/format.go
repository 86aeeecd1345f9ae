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
			{Name: "pattern", Type: TypeText, Summary: "of log4j: the pattern of the program's own layout, as its configuration has it"},
			{Name: "fields", Type: TypeText, Summary: "of iis.access: the columns, as the file's line #Fields: lists them"},
		},
		compile: func(b *Build) Step {
			s := &formatStep{field: b.Field("field")}
			b.WritesAny()
			name := b.Text("name")
			for _, f := range format.Specs() {
				if f.Name == name {
					s.parse = shaped(b, f)
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
	c.Format.Line = line
	return s.parse(&c.Format)
}

// shaped is the parser of a format: that of all its lines, or of those that an option describes.
func shaped(b *Build, f format.Spec) func(*format.Input) error {
	parse := f.Parse
	for _, option := range [...]string{"pattern", "fields"} {
		if !b.Has(option) {
			continue
		}
		if option != f.Shape.Option {
			b.Problem(option, "is no option of the format %s", f.Name)
			continue
		}
		made, err := f.Shape.Make(b.Text(option))
		if err != nil {
			b.Problem(option, "%s", err)
			continue
		}
		parse = made
	}
	return parse
}
