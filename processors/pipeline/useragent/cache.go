package useragent

import (
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
)

// Cache remembers answers for one goroutine.
type Cache struct {
	known  *cache.Cache[*Answer]
	halves map[[NumFields]string]*event.Answer
}

// NewCache returns an empty cache.
func NewCache() *Cache { return &Cache{known: cache.New[*Answer](size)} }

// Lookup is Parse with memory.
func (c *Cache) Lookup(text []byte) *Answer {
	if answer, ok := c.known.Get(text); ok {
		return answer
	}
	answer := c.newAnswer(string(text))
	if len(text) <= longest {
		c.known.Put(string(text), answer)
	}
	return answer
}

func (c *Cache) newAnswer(text string) *Answer {
	agent := Parse(text)
	answer := &Answer{
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
