package batch

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
)

const (
	// MaxCommon bounds the line that the events of a run have in common. It is
	// some 400 bytes, and a longer one had better stand in each event.
	MaxCommon = 4 << 10
	// maxDocuments bounds the documents together, so that a value of a few bytes an
	// event cannot become any number of them. What MaxBytes and MaxCommon allow is
	// half of it.
	maxDocuments = 32 << 20
	// maxClose is more objects than a document nests.
	maxClose = 32
)

// Documents are the documents of one batch. The zero value holds none; Open may be
// called again. It keeps the value, which must stay unchanged.
type Documents struct {
	value  []byte
	own    []span   // by event: what it does not share
	common [][]byte // by run: the line that is no event, with its line feed; nil if there is none
	ends   [][]byte // by run: what its documents end in
	size   int
}

// span is a stretch of the value.
type span struct{ from, to uint32 }

var lineFeed = []byte{'\n'}

// Open takes a value apart, in one pass, and checks that the manifest fits it.
// Errors wrap ErrValue.
func (d *Documents) Open(m *Manifest, value []byte) error {
	d.value, d.own, d.common, d.ends, d.size = value, slices.Grow(d.own[:0], len(m.IDs)), d.common[:0], d.ends[:0], 0
	if len(value) > math.MaxUint32 {
		return fmt.Errorf("%w: %d bytes", ErrValue, len(value))
	}
	at := 0
	for i := range m.Runs {
		run := &m.Runs[i]
		line, err := commonLine(run, value[at:])
		if err != nil {
			return fmt.Errorf("%w: run %d: %w", ErrValue, i, err)
		}
		if at, err = d.cut(run, at+len(line)); err != nil {
			return fmt.Errorf("%w: run %d: %w", ErrValue, i, err)
		}
		end := lineFeed
		if line != nil {
			end = line[run.Open:]
		}
		d.common, d.ends = append(d.common, line), append(d.ends, end)
		d.size += int(run.Count) * len(end)
	}
	if d.size > maxDocuments {
		return fmt.Errorf("%w: documents of %d bytes; at most %d are allowed", ErrValue, d.size, maxDocuments)
	}
	if at != len(value) || len(d.own) != len(m.IDs) {
		return fmt.Errorf("%w: runs of %d events in %d bytes, %d ids, %d bytes", ErrValue, len(d.own), at, len(m.IDs), len(value))
	}
	return nil
}

// commonLine is the line that the events of a run have in common, if they do, with
// its line feed. The value begins with it.
func commonLine(run *Run, value []byte) ([]byte, error) {
	if run.Close == 0 {
		return nil, nil
	}
	n := bytes.IndexByte(value, '\n')
	switch {
	case n < 0:
		return nil, errors.New("its first line is missing")
	case run.Close > maxClose || run.Open < 1 || uint64(run.Open) >= uint64(n):
		return nil, fmt.Errorf("close %d, open %d do not fit a first line of %d bytes", run.Close, run.Open, n)
	case n > MaxCommon:
		return nil, fmt.Errorf("its first line has %d bytes; at most %d are allowed", n, MaxCommon)
	}
	return value[:n+1], nil
}

// cut finds the events of a run, which begin at a place in the value; it returns
// where they end.
func (d *Documents) cut(run *Run, at int) (int, error) {
	away := int(run.Close)
	for range run.Count {
		n := bytes.IndexByte(d.value[at:], '\n')
		if n < 0 {
			return 0, fmt.Errorf("event %d is missing", len(d.own))
		}
		end := at + n
		for i := range away {
			if i >= n || d.value[end-1-i] != '}' {
				return 0, fmt.Errorf("event %d does not end in %d closing braces", len(d.own), away)
			}
		}
		d.own = append(d.own, span{uint32(at), uint32(end - away)})
		d.size += n - away
		if away > 0 {
			d.size++
		}
		at = end + 1
	}
	return at, nil
}

// Size is how many bytes all documents have, each with its line feed.
func (d *Documents) Size() int { return d.size }

// Len is how many bytes Append appends.
func (d *Documents) Len(run, nth int) int {
	s, end := d.own[nth], d.ends[run]
	if len(end) > 1 {
		return int(s.to-s.from) + 1 + len(end)
	}
	return int(s.to-s.from) + len(end)
}

// Append appends the document of an event, the nth of the batch, that lies in a run:
// one line of JSON and a line feed.
func (d *Documents) Append(dst []byte, run, nth int) []byte {
	s, end := d.own[nth], d.ends[run]
	dst = append(dst, d.value[s.from:s.to]...)
	if len(end) > 1 {
		dst = append(dst, ',')
	}
	return append(dst, end...)
}

// Common is the line that the events of a run have in common, with its line feed;
// nil if they are whole documents.
func (d *Documents) Common(run int) []byte { return d.common[run] }

// AppendOwn is the reverse of Documents.Append: it appends the line of an event of
// the run, made of its document and the line that the run has in common.
func (r *Run) AppendOwn(dst, document, common []byte) []byte {
	if r.Close == 0 {
		return append(dst, document...)
	}
	dst = append(dst, document[:len(document)-1-len(common)+int(r.Open)]...)
	for range r.Close {
		dst = append(dst, '}')
	}
	return append(dst, '\n')
}
