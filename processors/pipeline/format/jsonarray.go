package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// array reads an array as it stands, tidied: no white space, text that is valid UTF-8, no key twice in an object.
func (r *reader) array() error {
	buffer := r.e.Scratch()
	start := len(buffer)
	t := tidier{reader: r, dst: buffer}
	if err := t.value(0); err != nil {
		return err
	}
	text := t.dst[start:len(t.dst):len(t.dst)]
	r.e.Keep(t.dst)
	if t.deepest > maxArrayNesting {
		return r.add(event.String(text))
	}
	return r.add(event.Raw(text))
}

// tidier copies JSON from a reader.
type tidier struct {
	*reader
	dst     []byte
	deepest int
}

func (t *tidier) value(depth int) error {
	if depth > maxNesting {
		return t.fail("nested too deep")
	}
	t.deepest = max(t.deepest, depth)
	switch t.peek() {
	case '{':
		return t.object(depth)
	case '[':
		return t.list(depth)
	case '"':
		return t.text()
	}
	start := t.i
	if err := t.literal(); err != nil {
		return err
	}
	t.dst = append(t.dst, t.b[start:t.i]...)
	return nil
}

func (t *tidier) text() error {
	quoted, plain, err := t.str()
	if err != nil {
		return err
	}
	if plain {
		t.dst = append(t.dst, quoted...)
		return nil
	}
	var valid bool
	if t.dst, valid = event.AppendString(t.dst, appendUnquoted(nil, quoted)); !valid {
		t.e.Tag(event.TagInvalidUTF8)
	}
	return nil
}

func (t *tidier) list(depth int) error {
	t.i++
	t.dst = append(t.dst, '[')
	for first := true; ; first = false {
		t.space()
		if t.peek() == ']' && first {
			break
		}
		if err := t.value(depth + 1); err != nil {
			return err
		}
		t.space()
		if t.peek() == ']' {
			break
		}
		if t.peek() != ',' {
			return t.fail("no comma or ] behind a value")
		}
		t.i++
		t.dst = append(t.dst, ',')
	}
	t.i++
	t.dst = append(t.dst, ']')
	return nil
}

func (t *tidier) object(depth int) error {
	t.i++
	t.dst = append(t.dst, '{')
	var seen keySet
	for first := true; ; first = false {
		t.space()
		if t.peek() == '}' && first {
			break
		}
		if err := t.member(depth, &seen); err != nil {
			return err
		}
		t.space()
		if t.peek() == '}' {
			break
		}
		if t.peek() != ',' {
			return t.fail("no comma or } behind a value")
		}
		t.i++
	}
	t.i++
	t.dst = append(t.dst, '}')
	return nil
}

// member copies a key and its value, or neither if the object has the key already.
func (t *tidier) member(depth int, seen *keySet) error {
	before := len(t.dst)
	if t.dst[before-1] != '{' {
		t.dst = append(t.dst, ',')
	}
	if t.peek() != '"' {
		return t.fail("no key")
	}
	at := len(t.dst)
	if err := t.text(); err != nil {
		return err
	}
	fresh := seen.add(t.dst[at:])
	t.space()
	if t.peek() != ':' {
		return t.fail("no colon behind a key")
	}
	t.i++
	t.space()
	t.dst = append(t.dst, ':')
	if err := t.value(depth + 1); err != nil {
		return err
	}
	if !fresh {
		t.dst = t.dst[:before]
	}
	return nil
}

// keySet holds the keys of one object: a few in a list, many in a map. Keys point into memory that may be left behind when
// it grows, but does not change.
type keySet struct {
	few  [][]byte
	many map[string]bool
}

func (s *keySet) add(key []byte) (fresh bool) {
	const few = 16
	if s.many != nil {
		fresh = !s.many[string(key)]
		s.many[string(key)] = true
		return fresh
	}
	for _, k := range s.few {
		if bytes.Equal(k, key) {
			return false
		}
	}
	s.few = append(s.few, key)
	if len(s.few) > few {
		s.many = map[string]bool{}
		for _, k := range s.few {
			s.many[string(k)] = true
		}
	}
	return true
}
