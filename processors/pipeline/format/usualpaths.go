package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// usualPaths are the paths of the line before: a program writes its fields in one order, so they need not be looked up again.
type usualPaths struct {
	known      []usualPath // by their place in the line
	generation int         // of the event's IDs
}

type usualPath struct {
	text []byte
	id   event.ID
}

// Bounds of what is kept in mind.
const (
	maxUsualPaths = 64
	maxUsualPath  = 128 // bytes
)

// intern is the ID of the path of the nth field of a line.
func (u *usualPaths) intern(e *event.Event, n int, path []byte) event.ID {
	if u.generation != e.Generation() {
		u.known, u.generation = u.known[:0], e.Generation()
	}
	if n < len(u.known) {
		if last := &u.known[n]; last.id != event.None && bytes.Equal(last.text, path) {
			return last.id
		}
	}
	id := e.InternForeign(path)
	if n < maxUsualPaths && len(path) <= maxUsualPath && id != event.None {
		u.keep(n, path, id)
	}
	return id
}

func (u *usualPaths) keep(n int, path []byte, id event.ID) {
	for len(u.known) <= n {
		u.known = append(u.known, usualPath{id: event.None})
	}
	known := &u.known[n]
	known.text, known.id = append(known.text[:0], path...), id
}
