package step

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"unsafe"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func convertSpec() Spec {
	return Spec{
		Name:    "convert",
		Summary: "Turns a value into one of another type; of an array each item.",
		Example: `{"convert": {"field": "http.response.status_code", "type": "integer"}}`,
		Options: []Option{
			fieldOption("the field"),
			{
				Name: "type", Type: TypeText, Required: true, Enum: []string{"integer", "long", "float", "double", "string", "boolean", "ip", "auto"},
				Summary: "the type; auto finds true and false, integers and numbers and leaves the rest",
			},
			targetOption(), ignoreMissingOption(false),
		},
		compile: func(b *Build) Step {
			s := &convertStep{field: b.Field("field"), ignoreMissing: b.Bool("ignore_missing"), convert: converters[b.Text("type")], kind: b.Text("type")}
			s.target, _ = targetOrField(b)
			return s
		},
	}
}

type convertStep struct {
	field, target event.ID
	kind          string
	convert       func(c *Context, v *event.Value) (event.Value, error)
	ignoreMissing bool
}

var converters = map[string]func(c *Context, v *event.Value) (event.Value, error){
	"integer": func(c *Context, v *event.Value) (event.Value, error) { return toInteger(c, v, 32) },
	"long":    func(c *Context, v *event.Value) (event.Value, error) { return toInteger(c, v, 64) },
	"float":   func(c *Context, v *event.Value) (event.Value, error) { return toFloat(c, v, 32) },
	"double":  func(c *Context, v *event.Value) (event.Value, error) { return toFloat(c, v, 64) },
	"string":  func(c *Context, v *event.Value) (event.Value, error) { return toText(c, v), nil },
	"boolean": toBoolean,
	"ip":      toIP,
	"auto":    func(c *Context, v *event.Value) (event.Value, error) { return toAny(c, v), nil },
}

func (s *convertStep) Run(c *Context) error {
	v := c.Event.Get(s.field)
	if v == nil || v.Kind == event.KindNull {
		if s.ignoreMissing {
			return nil
		}
		return errMissing
	}
	var out event.Value
	var err error
	switch {
	case v.Kind != event.KindRaw:
		out, err = s.convert(c, v)
	case v.Bytes()[0] == '[':
		out, err = s.list(c, v.Bytes())
	default:
		err = errNotText
	}
	if err != nil {
		return fmt.Errorf("%q is no %s: %w", shorten(c.plain(v)), s.kind, err)
	}
	c.Event.Set(s.target, out)
	return c.spend(len(v.Bytes()))
}

func (s *convertStep) list(c *Context, array []byte) (event.Value, error) {
	out := []byte{'['}
	err := eachItem(array, func(item []byte) error {
		v := itemValue(item)
		if v.Kind == event.KindRaw || v.Kind == event.KindNull {
			return errNotText
		}
		value, err := s.convert(c, &v)
		if err != nil {
			return err
		}
		out = appendItem(out, &value)
		return c.spend(len(item))
	})
	return event.Raw(append(out, ']')), err
}

// shorten cuts a value for a message.
func shorten(text []byte) []byte {
	const shown = 64
	return text[:min(len(text), shown)]
}

var (
	errNumber = errors.New("not such a number")
	errTruth  = errors.New("neither true nor false")
	errIP     = errors.New("not an IP address")
)

// asString lends the bytes of a text; nothing that gets it keeps it.
func asString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func toInteger(c *Context, v *event.Value, bits int) (event.Value, error) {
	if v.Kind == event.KindBool {
		return event.Value{}, errNumber
	}
	text := c.plain(v)
	if n, ok := plainInteger(text); ok && (bits == 64 || n >= math.MinInt32 && n <= math.MaxInt32) {
		return event.Int(n), nil
	}
	base := 10
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	if bytes.HasPrefix(digits, []byte("0x")) || bytes.HasPrefix(digits, []byte("0X")) {
		digits, base = digits[2:], 16
	}
	if len(digits) == 0 || digits[0] == '-' || negative && digits[0] == '+' || base == 16 && digits[0] == '+' {
		return event.Value{}, errNumber
	}
	if negative && base == 10 {
		digits = text
	}
	n, err := strconv.ParseInt(asString(digits), base, bits)
	if err != nil {
		return event.Value{}, errNumber
	}
	if negative && base == 16 {
		n = -n
	}
	return event.Int(n), nil
}

// plainInteger reads up to 18 digits.
func plainInteger(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if !isDigitByte(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func toFloat(c *Context, v *event.Value, bits int) (event.Value, error) {
	if v.Kind == event.KindBool {
		return event.Value{}, errNumber
	}
	text := bytes.TrimSpace(c.plain(v))
	if bytes.IndexByte(text, '_') >= 0 {
		return event.Value{}, errNumber
	}
	f, err := strconv.ParseFloat(asString(text), bits)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return event.Value{}, errNumber
	}
	if bits == 64 {
		return event.Float(f), nil
	}
	form := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		form = 'e'
	}
	return event.Number(c.keep(func(dst []byte) []byte { return strconv.AppendFloat(dst, f, form, -1, 32) })), nil
}

func toText(c *Context, v *event.Value) event.Value {
	if v.IsText() {
		return *v
	}
	return event.String(c.plain(v))
}

func toBoolean(c *Context, v *event.Value) (event.Value, error) {
	switch text := c.plain(v); {
	case bytes.EqualFold(text, []byte("true")):
		return event.Bool(true), nil
	case bytes.EqualFold(text, []byte("false")):
		return event.Bool(false), nil
	}
	return event.Value{}, errTruth
}

func toIP(c *Context, v *event.Value) (event.Value, error) {
	if !v.IsText() {
		return event.Value{}, errIP
	}
	if addr, err := netip.ParseAddr(asString(c.plain(v))); err != nil || addr.Zone() != "" {
		return event.Value{}, errIP
	}
	return *v, nil
}

// toAny gives text the type that it looks like.
func toAny(c *Context, v *event.Value) event.Value {
	if !v.IsText() {
		return *v
	}
	text := c.plain(v)
	if len(text) == 0 {
		return *v
	}
	if out, err := toBoolean(c, v); err == nil {
		return out
	}
	if first := text[0]; first != '-' && first != '+' && first != '.' && !isDigitByte(first) {
		return *v
	}
	if out, err := toInteger(c, v, 64); err == nil {
		return out
	}
	if out, err := toFloat(c, v, 64); err == nil {
		return out
	}
	return *v
}
