package format

import (
	"errors"
	"slices"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func logfmtSpec() Spec {
	return Spec{
		Name: "logfmt",
		Summary: "Pairs of key=value, as Go programs, Heroku and Grafana write them. The names that loggers use for time, level and " +
			"message become those of ECS, as in json. Keys that name an object of ECS, as host and service do, go to labels. A key without a value is true. " +
			"Of a key that is there twice the last counts.",
		Example: `time="2026-11-22T19:00:00Z" level=warn msg="cart is slow" took=1.25s cart=7`,
		Fields:  []string{"@timestamp", "log.level", "message", "and the line's own"},
		Parse:   parseLogfmt,
	}
}

var errLogfmt = errors.New("not pairs of key=value")

func parseLogfmt(in *Input) error {
	s := &in.Scratch
	s.pairs = s.pairs[:0]
	c := cursor{b: in.Line}
	assigned := false
	for c.spaces(); !c.end(); c.spaces() {
		if len(s.pairs) >= maxFields {
			return errTooMany
		}
		key := c.while(isKeyByte)
		if len(key) == 0 {
			return errLogfmt
		}
		value := event.Bool(true)
		if c.lit("=") {
			assigned = true
			var ok bool
			if value, ok = logfmtValue(&c, in.Event); !ok {
				return errLogfmt
			}
		}
		s.pairs = append(s.pairs, pair{id: s.logfmtField(in.Event, key), value: value})
	}
	if !assigned {
		return errLogfmt // words, not pairs
	}
	slices.Reverse(s.pairs)
	return s.commit(in, jsonRank)
}

// logfmtField returns the field of a key. One that is the name of an object which every event has goes to labels.
func (s *Scratch) logfmtField(e *event.Event, key []byte) event.ID {
	switch string(key) {
	case "agent", "ecs", "event", "host", "log", "millrace", "service", "error", "tags":
		s.path = append(append(s.path[:0], "labels."...), key...)
		return e.Intern(s.path)
	}
	return e.InternForeign(key)
}

func isKeyByte(c byte) bool { return c > ' ' && c != '=' && c != '"' && c != 0x7f && c < 0xf5 }

// logfmtValue reads what stands behind a =: a quoted text, a word, or nothing.
func logfmtValue(c *cursor, e *event.Event) (v event.Value, ok bool) {
	if c.peek() != '"' {
		word := c.word()
		if len(word) > 0 && word[0] == '=' {
			return v, false
		}
		for _, b := range word {
			if b == '"' || b < ' ' {
				return v, false
			}
		}
		return event.String(word), true
	}
	text, ok := c.quoted()
	if !ok {
		return v, false
	}
	return event.String(unescape(e, text)), true
}
