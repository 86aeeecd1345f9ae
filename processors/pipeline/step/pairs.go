package step

import (
	"github.com/millrace/millrace/processors/pipeline/event"
)

// keyValue is a pair that a line holds.
type keyValue struct {
	id    event.ID
	value []byte
}

// addPair notes a pair to set below a path.
func (c *Context) addPair(prefix string, key, value []byte) error {
	if len(c.pairs) >= maxItems {
		return errItems
	}
	path := key
	if prefix != "" {
		path = c.keep(func(dst []byte) []byte { return append(append(dst, prefix...), key...) })
	}
	c.pairs = append(c.pairs, keyValue{c.Event.InternOwn(path), value})
	return c.spend(len(key) + len(value))
}

// setPairs sets the pairs that were noted. The values of one key make up an array.
func (c *Context) setPairs() error {
	seen := c.spans[:0] // by pair: 1 where it is part of an array already
	for range c.pairs {
		seen = append(seen, 0)
	}
	c.spans = seen
	for i, p := range c.pairs {
		if seen[i] != 0 {
			continue
		}
		list := []byte(nil)
		if err := c.spend(len(c.pairs) - i); err != nil {
			return err
		}
		for j := i + 1; j < len(c.pairs); j++ {
			if c.pairs[j].id != p.id {
				continue
			}
			if list == nil {
				list, _ = event.AppendString([]byte{'['}, p.value)
			}
			list, _ = event.AppendString(append(list, ','), c.pairs[j].value)
			seen[j] = 1
		}
		if list != nil {
			c.Event.Set(p.id, event.Raw(append(list, ']')))
		} else {
			c.Event.Set(p.id, event.String(p.value))
		}
	}
	return nil
}
