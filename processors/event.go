package processors

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/millrace/millrace/schemas/record"
)

// Event is one event: an ECS document, read field by field. Fields are named by their
// path, such as "http.response.status_code". A field that is missing, or of another
// type than the one asked for, reads as the zero value and false.
type Event struct {
	text  []byte // one line of JSON
	id    record.EventID
	split bool     // members are those of this text
	top   []member // of the document, found once and kept for the next fields
}

// member is a name of an object, without its quotes, and its value.
type member struct{ name, value []byte }

// ID names the event wherever it goes; it is the _id in the index.
func (e *Event) ID() string { return e.id.String() }

// JSON is the document, one line with its line feed, valid until the next event.
func (e *Event) JSON() []byte { return e.text }

// Text is a string's text, valid until the next event; use it as a key of a map
// without a copy: m[string(text)].
func (e *Event) Text(path string) ([]byte, bool) {
	v := e.Raw(path)
	if len(v) < 2 || v[0] != '"' {
		return nil, false
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return v[1 : len(v)-1], true
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return nil, false
	}
	return []byte(s), true
}

// Int is a whole number.
func (e *Event) Int(path string) (int64, bool) {
	n, err := strconv.ParseInt(string(e.Raw(path)), 10, 64)
	return n, err == nil
}

// Float is a number.
func (e *Event) Float(path string) (float64, bool) {
	v := e.Raw(path)
	if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return 0, false
	}
	n, err := strconv.ParseFloat(string(v), 64)
	return n, err == nil
}

// Time is a time as ECS writes it. "@timestamp" is that of the event.
func (e *Event) Time(path string) (time.Time, bool) {
	v, _ := e.Text(path)
	t, err := time.Parse(time.RFC3339Nano, string(v))
	return t, err == nil
}

// Raw is a field's JSON, valid until the next event; nil if there is none.
func (e *Event) Raw(path string) []byte {
	if !e.split {
		e.top, e.split = e.top[:0], true
		eachMember(e.text, func(m member) bool {
			e.top = append(e.top, m)
			return true
		})
	}
	for _, m := range e.top {
		if v := m.at(path); v != nil {
			return v
		}
	}
	return nil
}

// at is the value at a path that begins with the member's name; nil if there is none.
// Names may hold dots themselves.
func (m member) at(path string) []byte {
	n := len(m.name)
	switch {
	case len(path) < n || path[:n] != string(m.name):
		return nil
	case len(path) == n:
		return m.value
	case path[n] != '.':
		return nil
	}
	var found []byte
	eachMember(m.value, func(inner member) bool {
		found = inner.at(path[n+1:])
		return found == nil
	})
	return found
}

// eachMember calls fn with the members of an object until it returns false. Text that
// is no object has none; what is behind an error in it is not seen.
func eachMember(text []byte, fn func(member) bool) {
	i := space(text, 0)
	if i >= len(text) || text[i] != '{' {
		return
	}
	for i++; ; i++ {
		name := space(text, i)
		colon := skip(text, name)
		if colon < 0 || text[name] != '"' {
			return
		}
		colon = space(text, colon)
		if colon >= len(text) || text[colon] != ':' {
			return
		}
		from := space(text, colon+1)
		if i = skip(text, from); i < 0 {
			return
		}
		end := closing(text, name)
		if !fn(member{text[name+1 : end], text[from:i]}) {
			return
		}
		if i = space(text, i); i >= len(text) || text[i] != ',' {
			return
		}
	}
}
