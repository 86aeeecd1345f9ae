package step

import (
	"bytes"
	"errors"
	"slices"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func kvSpec() Spec {
	return Spec{
		Name:    "kv",
		Summary: "Reads pairs such as a=1 b=2. The values of a key that is there more than once make up an array.",
		Example: `{"kv": {"field": "message", "field_split": " ", "value_split": "=", "target_field": "args", "exclude_keys": ["password"]}}`,
		Options: []Option{
			fieldOption("the text"),
			{Name: "field_split", Type: TypeText, Required: true, Summary: "what stands between pairs: a regular expression (RE2), which may end in a look ahead, (?=…)"},
			{Name: "value_split", Type: TypeText, Required: true, Summary: "what stands between key and value: a regular expression"},
			{Name: "target_field", Type: TypeTarget, Summary: "the object to put the fields in; without it the top of the event"},
			{Name: "include_keys", Type: TypeTexts, Summary: "take only these keys"},
			{Name: "exclude_keys", Type: TypeTexts, Summary: "leave these keys"},
			{Name: "prefix", Type: TypeText, Default: "", Summary: "put before every key"},
			{Name: "trim_key", Type: TypeText, Default: "", Summary: "characters to cut off both ends of keys"},
			{Name: "trim_value", Type: TypeText, Default: "", Summary: "characters to cut off both ends of values"},
			{Name: "strip_brackets", Type: TypeBool, Default: false, Summary: "take (), <>, [] and quotes off values"},
			ignoreMissingOption(false),
		},
		compile: compileKV,
	}
}

type kvStep struct {
	field                event.ID
	pairs, values        *splitter
	prefix               string
	include, exclude     []string
	trimKey, trimValue   string
	strip, ignoreMissing bool
}

func compileKV(b *Build) Step {
	s := &kvStep{
		field: b.Field("field"), include: b.Texts("include_keys"), exclude: b.Texts("exclude_keys"),
		trimKey: b.Text("trim_key"), trimValue: b.Text("trim_value"),
		strip: b.Bool("strip_brackets"), ignoreMissing: b.Bool("ignore_missing"),
	}
	s.prefix = pathPrefix(b) + b.Text("prefix")
	var err error
	if s.pairs, err = newSplitter(b.Text("field_split")); err != nil {
		b.Problem("field_split", "%s", regexpFault(err))
	}
	if s.values, err = newSplitter(b.Text("value_split")); err != nil {
		b.Problem("value_split", "%s", regexpFault(err))
	}
	return s
}

// pathPrefix is what stands before the names of fields below target_field.
func pathPrefix(b *Build) string {
	if b.Target("target_field") == event.None {
		b.WritesAny()
		return ""
	}
	return b.Path("target_field") + "."
}

var errNoSplit = errors.New("a pair does not contain value_split")

func (s *kvStep) Run(c *Context) error {
	text, err := c.text(s.field)
	if err != nil {
		if missing(err, s.ignoreMissing) {
			return nil
		}
		return err
	}
	if err := c.spend(s.pairs.cost(len(text)) + s.values.cost(len(text))); err != nil {
		return err
	}
	c.pairs = c.pairs[:0]
	if err := s.pairs.each(text, func(pair []byte) error { return s.pair(c, pair) }); err != nil {
		return err
	}
	return c.setPairs()
}

// pair notes one pair. Empty text between separators is none.
func (s *kvStep) pair(c *Context, pair []byte) error {
	if len(pair) == 0 {
		return nil
	}
	start, end, ok := s.values.next(pair, 0)
	if !ok {
		return errNoSplit
	}
	key, value := pair[:start], pair[end:]
	if s.trimKey != "" {
		key = bytes.Trim(key, s.trimKey)
	}
	if len(key) == 0 || s.include != nil && !slices.Contains(s.include, asString(key)) || slices.Contains(s.exclude, asString(key)) {
		return nil
	}
	if s.trimValue != "" {
		value = bytes.Trim(value, s.trimValue)
	}
	if s.strip {
		value = stripBrackets(value)
	}
	return c.addPair(s.prefix, key, value)
}

func stripBrackets(b []byte) []byte {
	if len(b) < 2 {
		return b
	}
	switch string([]byte{b[0], b[len(b)-1]}) {
	case "()", "<>", "[]", `""`, "''":
		return b[1 : len(b)-1]
	}
	return b
}
