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

// Answer holds the fields that are known, ready for documents. It does not change.
type Answer struct {
	Parts []event.Part // by Field
	room  [NumFields]event.Part
}

const (
	// size is how many agents a cache remembers.
	size = 1 << 12
	// longest is the header that is worth remembering.
	longest = 1024
)

// Cache remembers answers for one goroutine.
type Cache struct {
	known *cache.Cache[*Answer]
	words event.Words
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
	answer := &Answer{}
	answer.Parts = answer.room[:0] // beside it in memory
	for i, part := range [Original]string{
		agent.Name, agent.Version, agent.OSName, agent.OSVersion, agent.OSFull, agent.DeviceName, agent.DeviceType,
	} {
		if part != "" {
			answer.add(Field(i), c.words.Constant(part))
		}
	}
	if text != "" {
		answer.add(Original, event.Constant(text))
	}
	return answer
}

func (a *Answer) add(f Field, v event.Value) { a.Parts = append(a.Parts, event.NewPart(uint8(f), v)) }
