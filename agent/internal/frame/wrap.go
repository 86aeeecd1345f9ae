package frame

import (
	"bytes"

	"github.com/millrace/millrace/schemas/collect"
)

// The streams of a container. Lines that no runtime wrapped are a stream of their own.
const (
	stdout = iota
	stderr
	bare
	streams
)

// wrapped is where in a line things are. Offsets are from the beginning of the line,
// whose end is cut off.
type wrapped struct {
	stream  int
	partial bool   // the container's line goes on in the next line of the stream
	from    int    // text begins
	to      int    // text ends; behind it may be more of the wrapping
	stamp   []byte // when the runtime took the line, RFC 3339
}

// unwrap finds the parts of a line. A line in another form is bare.
func unwrap(c collect.Container, line []byte) wrapped {
	if c == collect.CRI || c == collect.AutoContainer && (len(line) == 0 || line[0] != '{') {
		if w, ok := cri(line); ok {
			return w
		}
	} else if c != "" {
		if w, ok := docker(line); ok {
			return w
		}
	}
	return wrapped{stream: bare, to: len(line)}
}

// cri reads "2026-11-22T10:20:30.123456789Z stdout F text". There may be tags behind the
// first one, "P:…", which mean nothing to us.
func cri(line []byte) (wrapped, bool) {
	const least = len("2026-11-22T10:20:30Z")
	n := bytes.IndexByte(line, ' ')
	if n < least || line[4] != '-' || line[10] != 'T' {
		return wrapped{}, false
	}
	w := wrapped{stamp: line[:n], to: len(line)}
	rest := line[n+1:]
	switch {
	case bytes.HasPrefix(rest, []byte("stdout ")):
		w.stream = stdout
	case bytes.HasPrefix(rest, []byte("stderr ")):
		w.stream = stderr
	default:
		return wrapped{}, false
	}
	at := n + 1 + len("stdout ")
	tag := line[at:]
	if i := bytes.IndexByte(tag, ' '); i >= 0 {
		tag, w.from = tag[:i], at+i+1
	} else {
		w.from = len(line) // an empty text
	}
	if i := bytes.IndexByte(tag, ':'); i >= 0 {
		tag = tag[:i]
	}
	if len(tag) != 1 || tag[0] != 'P' && tag[0] != 'F' {
		return wrapped{}, false
	}
	w.partial = tag[0] == 'P'
	return w, true
}

// docker reads {"log":"text\n","stream":"stdout","time":"…"}, whose text is what stands
// between the quotes, escaped. A text that does not end with a line feed goes on.
func docker(line []byte) (wrapped, bool) {
	s := scanner{b: line}
	w := wrapped{stream: stdout, from: -1}
	if !s.take('{') {
		return w, false
	}
	for {
		from, to, ok := s.text()
		if !ok || !s.take(':') {
			return w, false
		}
		key := line[from:to]
		from, to, ok = s.value()
		if !ok {
			return w, false
		}
		switch string(key) {
		case "log":
			w.from, w.to = from, to
		case "stream":
			if string(line[from:to]) == "stderr" {
				w.stream = stderr
			}
		case "time":
			w.stamp = line[from:to]
		}
		if s.take(',') {
			continue
		}
		w.partial = w.from >= 0 && !endsLine(line[w.from:w.to])
		return w, s.take('}') && s.done() && w.from > 0 && line[w.from-1] == '"'
	}
}

// endsLine reports whether an escaped text ends with a line feed: "\n" behind an even
// number of backslashes.
func endsLine(text []byte) bool {
	n := len(text)
	if n < 2 || text[n-1] != 'n' {
		return false
	}
	slashes := 0
	for n -= 2; n >= 0 && text[n] == '\\'; n-- {
		slashes++
	}
	return slashes%2 == 1
}

// scanner walks through one line of JSON, without checking more than it needs to.
type scanner struct {
	b  []byte
	at int
}

func (s *scanner) blank() {
	for s.at < len(s.b) && (s.b[s.at] == ' ' || s.b[s.at] == '\t') {
		s.at++
	}
}

func (s *scanner) take(c byte) bool {
	s.blank()
	if s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) done() bool { s.blank(); return s.at == len(s.b) }

// text reads a string and returns where it stands between its quotes.
func (s *scanner) text() (from, to int, ok bool) {
	if !s.take('"') {
		return 0, 0, false
	}
	from = s.at
	for {
		n := bytes.IndexByte(s.b[s.at:], '"')
		if n < 0 {
			return 0, 0, false
		}
		s.at += n + 1
		slashes := 0
		for i := s.at - 2; i >= from && s.b[i] == '\\'; i-- {
			slashes++
		}
		if slashes%2 == 0 {
			return from, s.at - 1, true
		}
	}
}

// value reads any value; of a string it returns what is between the quotes.
func (s *scanner) value() (from, to int, ok bool) {
	if s.blank(); s.at < len(s.b) && s.b[s.at] == '"' {
		return s.text()
	}
	from = s.at
	for depth := 0; s.at < len(s.b); {
		switch c := s.b[s.at]; {
		case c == '"':
			if _, _, ok := s.text(); !ok {
				return 0, 0, false
			}
			continue
		case c == '{' || c == '[':
			depth++
		case depth == 0 && (c == ',' || c == '}'):
			return from, s.at, s.at > from
		case c == '}' || c == ']':
			depth--
		}
		s.at++
	}
	return 0, 0, false
}
