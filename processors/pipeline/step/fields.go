package step

import (
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

var (
	errMissing = errors.New("the field is missing")
	errNotText = errors.New("the field is not text")
	errNotList = errors.New("the field is not an array")
	errTooMuch = errors.New("the value would have more than 256 KiB")
)

// text returns the text of a field; numbers count as their text.
func (c *Context) text(id event.ID) ([]byte, error) {
	v := c.Event.Get(id)
	switch {
	case v == nil || v.Kind == event.KindNull:
		return nil, errMissing
	case v.Kind == event.KindString: // as nearly always
		text := v.Bytes()
		return text, c.spend(len(text))
	case v.Kind == event.KindRaw:
		return nil, errNotText
	}
	return c.plain(v), c.spend(len(v.Bytes()))
}

// plain is the text of a value. Where it must be rendered it lies in the event's scratch memory.
func (c *Context) plain(v *event.Value) []byte {
	switch v.Kind {
	case event.KindInt, event.KindFloat, event.KindBool:
		return c.keep(func(dst []byte) []byte { out, _ := v.Append(dst); return out })
	case event.KindTime:
		return c.keep(func(dst []byte) []byte { return event.AppendTime(dst, v.Num, v.Nano) })
	}
	return v.Text()
}

// keep stores what f appends in the event's scratch memory.
func (c *Context) keep(f func(dst []byte) []byte) []byte {
	buffer := c.Event.Scratch()
	start := len(buffer)
	buffer = f(buffer)
	c.Event.Keep(buffer)
	return buffer[start:len(buffer):len(buffer)]
}

// missing says whether an error is no more than a missing field that the step does not mind.
func missing(err error, ignored bool) bool {
	return ignored && err == errMissing //nolint:errorlint // text returns it as it is
}

// fieldOption is the option that names the field a step works on.
func fieldOption(summary string) Option {
	return Option{Name: "field", Type: TypeField, Required: true, Summary: summary}
}

func targetOption() Option {
	return Option{Name: "target_field", Type: TypeTarget, Summary: "the field to write; without it the field itself"}
}

func ignoreMissingOption(value bool) Option {
	return Option{Name: "ignore_missing", Type: TypeBool, Default: value, Summary: "do nothing where the field is missing"}
}

// targetOrField returns the field that target_field names, else the one of field.
func targetOrField(b *Build) (event.ID, string) {
	if b.Has("target_field") {
		return b.Target("target_field"), b.Path("target_field")
	}
	return b.Sink("field", b.Text("field")), b.Path("field")
}
