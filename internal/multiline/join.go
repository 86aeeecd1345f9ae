package multiline

import (
	"iter"

	"github.com/millrace/millrace/schemas/collect"
)

// Join makes events of lines, as an agent does with a file that is there as a whole: only a
// timeout could part them elsewhere. An event is valid until the next one is asked for.
func Join(m *collect.Multiline, lines iter.Seq[[]byte]) (iter.Seq[[]byte], error) {
	rule, err := New(m)
	if err != nil {
		return nil, err
	}
	j := joiner{rule: rule, maxLines: collect.DefaultMaxLines, maxBytes: collect.DefaultMaxBytes}
	if m != nil {
		j.maxLines, j.maxBytes = m.MaxLines, m.MaxBytes
	}
	return func(yield func([]byte) bool) {
		for line := range lines {
			if !j.line(line, yield) {
				return
			}
		}
		if j.lines > 0 {
			yield(j.event)
		}
	}, nil
}

// joiner is the event that is being made.
type joiner struct {
	rule               Rule
	maxLines, maxBytes int

	event []byte
	lines int // nought: none is open
	bytes int // without the ends of its lines
	state uint8
}

// line takes a line, and reports whether more are wanted.
func (j *joiner) line(line []byte, yield func([]byte) bool) bool {
	v := j.rule(j.state, line)
	if j.lines > 0 && (!v.Joins || j.lines >= j.maxLines || j.bytes+len(line) > j.maxBytes) {
		if !yield(j.event) {
			return false
		}
		j.reset()
		if v.Joins { // it was too much, and begins an event itself
			v = j.rule(0, line)
		}
	}
	if j.lines > 0 {
		j.event = append(j.event, '\n')
	}
	j.event = append(j.event, line...)
	j.lines, j.bytes, j.state = j.lines+1, j.bytes+len(line), v.State
	if !v.Ends {
		return true
	}
	more := yield(j.event)
	j.reset()
	return more
}

func (j *joiner) reset() { j.event, j.lines, j.bytes, j.state = j.event[:0], 0, 0, 0 }
