package step

import (
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func splitSpec() Spec {
	return Spec{
		Name:    "split",
		Summary: "Makes an array of a text, cut at a separator.",
		Example: `{"split": {"field": "labels.roles", "separator": ",\\s*"}}`,
		Options: []Option{
			fieldOption("the text to cut"),
			{Name: "separator", Type: TypeText, Required: true, Summary: "a regular expression (RE2)"},
			targetOption(), ignoreMissingOption(false),
			{Name: "preserve_trailing", Type: TypeBool, Default: false, Summary: "keep empty texts at the end"},
		},
		compile: func(b *Build) Step {
			s := &splitStep{field: b.Field("field"), ignoreMissing: b.Bool("ignore_missing"), trailing: b.Bool("preserve_trailing")}
			s.target, _ = targetOrField(b)
			var err error
			if s.separator, err = newSplitter(b.Text("separator")); err != nil {
				b.Problem("separator", "%s", regexpFault(err))
			}
			return s
		},
	}
}

type splitStep struct {
	field, target           event.ID
	separator               *splitter
	ignoreMissing, trailing bool
}

var errItems = errors.New("the array would have more than 10000 items")

func (s *splitStep) Run(c *Context) error {
	text, err := c.text(s.field)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	if err := c.spend(s.separator.cost(len(text))); err != nil {
		return err
	}
	out := append(c.Event.Scratch(), '[')
	start := len(out) - 1
	full, items := len(out), 0 // full: behind the last item that is not empty
	err = s.separator.each(text, func(part []byte) error {
		if items++; items > maxItems {
			return errItems
		}
		if len(out)-start > 1 {
			out = append(out, ',')
		}
		out, _ = event.AppendString(out, part)
		if len(part) > 0 || s.trailing || len(text) == 0 {
			full = len(out)
		}
		return nil
	})
	if err != nil {
		return err
	}
	out = append(out[:full], ']')
	c.Event.Keep(out)
	c.Event.Set(s.target, event.Raw(out[start:len(out):len(out)]))
	return nil
}
