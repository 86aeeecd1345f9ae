package event

// Saved holds the fields of an event at one moment.
type Saved struct {
	ids    []ID
	values []Value
	tags   int
}

// Save notes all fields, to go back to them with Restore. It reuses the memory of s.
func (e *Event) Save(s *Saved) {
	e.settle()
	s.ids, s.values, s.tags = s.ids[:0], s.values[:0], len(e.tags)
	for id := range e.values {
		if e.Has(ID(id)) {
			s.ids, s.values = append(s.ids, ID(id)), append(s.values, e.values[id])
		}
	}
}

// Restore brings back the fields and tags of s, and no others.
func (e *Event) Restore(s *Saved) {
	e.settle()
	for i := range e.bits {
		e.bits[i].present = 0
	}
	for i, id := range s.ids {
		e.Set(id, s.values[i])
	}
	e.tags = e.tags[:s.tags]
}

// RemoveAll removes a field and all below it but what Millrace itself decides (and host.name), and reports whether there was any.
func (e *Event) RemoveAll(id ID, path string) (found bool) {
	found = e.Has(id)
	e.Remove(id)
	if _, object := e.schema.objects[path]; !object {
		return found
	}
	for id := range e.schema.paths {
		if below(e.schema.paths[id], path) && e.Has(ID(id)) && !e.schema.ours[id] {
			e.Remove(ID(id))
			found = true
		}
	}
	return found
}
