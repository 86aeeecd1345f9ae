package useragent

import (
	"encoding/binary"
	"math/bits"

	"github.com/millrace/millrace/processors/pipeline/cache"
	"github.com/millrace/millrace/processors/pipeline/event"
)

// Field is a part of an agent.
type Field uint8

// The fields.
const (
	Name Field = iota
	Version
	OSName
	OSVersion
	OSFull
	DeviceName
	DeviceType
	Original
	NumFields
)

// Fields names the fields below user_agent, in their order.
var Fields = [NumFields]string{"name", "version", "os.name", "os.version", "os.full", "device.name", "device.type", "original"}

// Answer holds the fields that are known, ready for documents, in two halves, each of which many agents share. It does not
// change.
type Answer struct {
	text            string
	browser, system *event.Answer
	original        event.Value
}

// Set sets the fields that are known. Targets says for each which field it is in the event.
func (a *Answer) Set(e *event.Event, targets []event.ID) {
	e.SetAnswers(targets, a.browser, a.system)
	if targets[Original] != event.None && a.original.Kind != event.KindNull {
		e.Set(targets[Original], a.original)
	}
}

const (
	// size is how many agents a cache remembers.
	size = 1 << 12
	// longest is the header that is worth remembering.
	longest = 1024
	// recentBits says how many of them are found at a glance, as a power of two.
	recentBits = 10
)

// Cache remembers answers for one goroutine.
type Cache struct {
	recent [1 << recentBits]*Answer // asked for lately, by their glance
	known  *cache.Cache[*Answer]
	halves map[[NumFields]string]*event.Answer
}

// NewCache returns an empty cache.
func NewCache() *Cache { return &Cache{known: cache.New[*Answer](size)} }

// Lookup is Parse with memory. Headers that are the same at a glance take turns in one place, and are found among all.
func (c *Cache) Lookup(text []byte) *Answer {
	if len(text) < glanced || len(text) > longest {
		return c.find(text)
	}
	r := &c.recent[glance(text)]
	if *r == nil || (*r).text != string(text) {
		*r = c.find(text)
	}
	return *r
}

// glanced is the shortest text that glance can look at.
const glanced = 32

// glance is a hash of what differs between most headers: systems are named in the first half, versions near the end. It
// costs a fifth of a hash of the whole.
func glance(text []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15
	end := text[len(text)-glanced:]
	a := binary.LittleEndian.Uint64(text[len(text)/4:])
	b := binary.LittleEndian.Uint64(end)
	c := binary.LittleEndian.Uint64(end[8:])
	d := binary.LittleEndian.Uint64(end[24:])
	return (a ^ bits.RotateLeft64(b, 16) ^ bits.RotateLeft64(c, 32) ^ bits.RotateLeft64(d, 48)) * odd >> (64 - recentBits)
}

// find looks among all that are known.
func (c *Cache) find(text []byte) *Answer {
	if answer, ok := c.known.Get(text); ok {
		return answer
	}
	answer := c.newAnswer(string(text))
	if len(text) <= longest {
		c.known.Put(answer.text, answer)
	}
	return answer
}

func (c *Cache) newAnswer(text string) *Answer {
	agent := Parse(text)
	answer := &Answer{
		text:    text,
		browser: c.half([NumFields]string{Name: agent.Name, Version: agent.Version}),
		system: c.half([NumFields]string{
			OSName: agent.OSName, OSVersion: agent.OSVersion, OSFull: agent.OSFull, DeviceName: agent.DeviceName, DeviceType: agent.DeviceType,
		}),
	}
	if text != "" {
		answer.original = event.Constant(text)
	}
	return answer
}

// half is the answer that has these fields.
func (c *Cache) half(fields [NumFields]string) *event.Answer {
	if half, ok := c.halves[fields]; ok {
		return half
	}
	var parts []event.Part
	for i, text := range fields {
		if text != "" {
			parts = append(parts, event.Part{Number: uint8(i), Value: event.Constant(text)})
		}
	}
	half := event.NewAnswer(parts...)
	if c.halves == nil || len(c.halves) >= size {
		c.halves = map[[NumFields]string]*event.Answer{}
	}
	c.halves[fields] = half
	return half
}
