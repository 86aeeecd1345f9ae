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

// Answer holds the fields ready for documents; null ones are not known. It does not change.
type Answer [NumFields]event.Value

const (
	// size is how many agents a cache remembers in each of its generations.
	size = 2048
	// longest is the header that is worth remembering.
	longest = 1024
)

// Cache remembers answers for one goroutine.
type Cache struct{ known *cache.Cache[*Answer] }

// NewCache returns an empty cache.
func NewCache() *Cache { return &Cache{cache.New[*Answer](size)} }

// Lookup is Parse with memory.
func (c *Cache) Lookup(text []byte) *Answer {
	if answer, ok := c.known.Get(text); ok {
		return answer
	}
	answer := newAnswer(string(text))
	if len(text) <= longest {
		c.known.Put(string(text), answer)
	}
	return answer
}

func newAnswer(text string) *Answer {
	agent := Parse(text)
	answer := &Answer{}
	for i, value := range [...]string{
		agent.Name, agent.Version, agent.OSName, agent.OSVersion, agent.OSFull, agent.DeviceName, agent.DeviceType, text,
	} {
		if value == "" {
			continue
		}
		quoted, valid := event.AppendString(nil, []byte(value))
		if answer[i] = event.Quoted(quoted); !valid {
			answer[i] = event.String([]byte(value)) // mended, and the event tagged, each time
		}
	}
	return answer
}
