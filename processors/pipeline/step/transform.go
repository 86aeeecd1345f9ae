package step

import (
	"github.com/millrace/millrace/processors/pipeline/event"
)

// transform is a step that makes one text of another: of a field, or of each item of an array.
type transform struct {
	field, target event.ID
	ignoreMissing bool
	// apply appends what becomes of text to dst, which is the event's scratch memory.
	apply func(dst, text []byte) ([]byte, error)
	cost  int // work for each byte
}

// transformOptions are the options of all transforms, with those of one kind between them.
func transformOptions(own ...Option) []Option {
	options := append([]Option{fieldOption("the field to change; of an array each item")}, own...)
	return append(options, targetOption(), ignoreMissingOption(false))
}

func compileTransform(b *Build, cost int, apply func(dst, text []byte) ([]byte, error)) Step {
	s := &transform{field: b.Field("field"), ignoreMissing: b.Bool("ignore_missing"), apply: apply, cost: cost}
	s.target, _ = targetOrField(b)
	return s
}

func (s *transform) Run(c *Context) error {
	v := c.Event.Get(s.field)
	switch {
	case v == nil || v.Kind == event.KindNull:
		if s.ignoreMissing {
			return nil
		}
		return errMissing
	case v.Kind == event.KindRaw:
		list, err := c.mapTexts(v.Bytes(), s.apply)
		if err != nil {
			return err
		}
		c.Event.Set(s.target, list)
		return nil
	case !v.IsText() && v.Kind != event.KindTime:
		return errNotText
	}
	text := c.plain(v)
	if err := c.spend(len(text) * s.cost); err != nil {
		return err
	}
	buffer := c.Event.Scratch()
	start := len(buffer)
	out, err := s.apply(buffer, text)
	if err != nil {
		return err
	}
	if len(out)-start > maxRendered {
		return errTooMuch
	}
	c.Event.Keep(out)
	c.Event.Set(s.target, event.String(out[start:len(out):len(out)]))
	return nil
}
