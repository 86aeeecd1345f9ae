package step

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func sampleSpec() Spec {
	return Spec{
		Name: "sample",
		Summary: "Keeps a part of the events and drops the rest. Which ones is decided by a hash of the event's id, or of a field: the same " +
			"line is always kept or always dropped, and events with the same value stay together.",
		Example: `{"sample": {"rate": 0.1, "field": "trace.id", "if": "log.level == \"debug\""}}`,
		Options: []Option{
			{Name: "rate", Type: TypeNumber, Required: true, Summary: "the part to keep, of 0 to 1"},
			{Name: "field", Type: TypeField, Summary: "the field to hash; without it, or where it is missing, the event's id"},
		},
		compile: func(b *Build) Step {
			rate := b.Float("rate")
			if rate < 0 || rate > 1 {
				b.Problem("rate", "must be from 0 to 1")
			}
			return &sampleStep{below: uint64(rate * (1 << 32)), field: b.Field("field")}
		},
	}
}

type sampleStep struct {
	below uint64 // of 2^32
	field event.ID
}

func (s *sampleStep) Run(c *Context) error {
	text, err := c.text(s.field)
	if err != nil {
		text = c.id()
	}
	h := fnv.New64a()
	_, _ = h.Write(text) // it never fails
	if spread(h.Sum64())>>32 < s.below {
		return nil
	}
	return ErrDrop
}

// id is the event's id; in trials, which have none, the line itself and where it stands.
func (c *Context) id() []byte {
	if len(c.ID) > 0 {
		return c.ID
	}
	return c.keep(func(dst []byte) []byte {
		for _, id := range [...]event.ID{event.LogFilePath, event.Message} {
			if v := c.Event.Get(id); v != nil {
				dst = append(dst, v.Text()...)
			}
		}
		if v := c.Event.Get(event.LogOffset); v != nil {
			dst = binary.BigEndian.AppendUint64(dst, uint64(v.Num))
		}
		return dst
	})
}

// spread makes every bit of a hash depend on every other.
func spread(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	return h
}

// Drops says that the step may drop events.
func (*sampleStep) Drops() {}
