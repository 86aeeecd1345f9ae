package step

import (
	"github.com/millrace/millrace/processors/pipeline/event"
)

func joinSpec() Spec {
	return Spec{
		Name:    "join",
		Summary: "Makes one text of the items of an array.",
		Example: `{"join": {"field": "labels.roles", "separator": "; "}}`,
		Options: []Option{
			fieldOption("the array"),
			{Name: "separator", Type: TypeText, Required: true, Summary: "what stands between the items"},
			targetOption(), ignoreMissingOption(false),
		},
		compile: func(b *Build) Step {
			s := &joinStep{field: b.Field("field"), separator: []byte(b.Text("separator")), ignoreMissing: b.Bool("ignore_missing")}
			s.target, _ = targetOrField(b)
			return s
		},
	}
}

type joinStep struct {
	field, target event.ID
	separator     []byte
	ignoreMissing bool
}

func (s *joinStep) Run(c *Context) error {
	v := c.Event.Get(s.field)
	if v == nil || v.Kind == event.KindNull {
		if s.ignoreMissing {
			return nil
		}
		return errMissing
	}
	if v.Kind != event.KindRaw || v.Bytes()[0] != '[' {
		return errNotList
	}
	out := c.Event.Scratch()
	start, first := len(out), true
	err := eachItem(v.Bytes(), func(item []byte) error {
		if !first {
			out = append(out, s.separator...)
		}
		first = false
		value := itemValue(item)
		if value.Kind == event.KindNull {
			out = append(out, "null"...)
		}
		out = append(out, value.Text()...)
		if len(out)-start > maxRendered {
			return errTooMuch
		}
		return c.spend(len(item) + len(s.separator))
	})
	if err != nil {
		return err
	}
	c.Event.Keep(out)
	c.Event.Set(s.target, event.String(out[start:len(out):len(out)]))
	return nil
}
