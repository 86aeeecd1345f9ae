package agent_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/millrace/millrace/schemas/record"
)

// mirror rebuilds files from raw records, as anybody can who reads the topic:
// ranges by source and generation, repetitions dropped.
type mirror struct {
	gens     map[content]*ranges
	order    []content
	names    map[content]string
	bySeq    map[seq]string
	ids      map[record.EventID]string
	events   []event
	repeated int
	gaps     []record.Segment
	problems []string
}

type content struct {
	src record.SourceID
	gen record.Gen
}

type seq struct {
	writer record.Writer
	n      uint64
}

type event struct {
	path    string
	text    string
	charset string
}

type ranges struct{ parts map[uint64][]byte }

func newMirror() *mirror {
	return &mirror{gens: map[content]*ranges{}, names: map[content]string{}, bySeq: map[seq]string{}, ids: map[record.EventID]string{}}
}

func (m *mirror) add(header, value []byte) {
	man, _, err := record.Decode(header)
	if err != nil {
		m.problem("manifest: %v", err)
		return
	}
	if err := man.Check(len(value)); err != nil {
		m.problem("record: %v", err)
		return
	}
	if n := len(man.Host) + len(header) + len(value); n > record.MaxBytes {
		m.problem("record of %d bytes", n)
	}
	again := m.again(man, value)
	m.addEvents(man, value, again)
	for i := range man.Segments {
		s := &man.Segments[i]
		b := value[:s.ValueLen()]
		value = value[s.ValueLen():]
		if s.Kind != record.Bytes {
			m.gaps = append(m.gaps, *s)
			continue
		}
		m.addRange(s, b)
	}
}

// again checks that a record that comes twice is the same record.
func (m *mirror) again(man *record.Manifest, value []byte) bool {
	key := seq{man.Writer, man.Seq}
	var shape strings.Builder
	for _, s := range man.Segments {
		fmt.Fprintf(&shape, "%s %x %d+%d;", s.Src, s.Gen, s.Off, s.Len)
	}
	shape.WriteString(string(value))
	old, known := m.bySeq[key]
	if known {
		m.repeated++
		if old != shape.String() {
			m.problem("record %v came again as another", key)
		}
	}
	m.bySeq[key] = shape.String()
	return known
}

func (m *mirror) addEvents(man *record.Manifest, value []byte, again bool) {
	var w record.Walker
	var raw record.Raw
	w.Reset(man, value)
	n := 0
	for ; w.Next(&raw); n++ {
		s := &man.Segments[raw.Segment]
		id := record.NewEventID(s.Src, s.Gen, raw.Off, raw.Bytes)
		if _, twice := m.ids[id]; twice {
			continue
		}
		m.ids[id] = string(raw.Bytes)
		m.events = append(m.events, event{s.Path, string(raw.Bytes), s.Charset})
	}
	if n > record.MaxEvents {
		m.problem("record of %d events", n)
	}
}

func (m *mirror) addRange(s *record.Segment, b []byte) {
	key := content{s.Src, s.Gen}
	r := m.gens[key]
	if r == nil {
		r = &ranges{parts: map[uint64][]byte{}}
		m.gens[key] = r
		m.order = append(m.order, key)
	}
	m.names[key] = s.Path
	if old, twice := r.parts[s.Off]; twice && !bytes.Equal(old, b) {
		m.problem("%s %x at %d came again with other bounds", s.Path, s.Gen, s.Off)
	}
	r.parts[s.Off] = b
}

func (m *mirror) problem(format string, args ...any) {
	m.problems = append(m.problems, fmt.Sprintf(format, args...))
}

// whole puts the ranges of one content together. Ranges must meet exactly.
func (r *ranges) whole() ([]byte, error) {
	offs := make([]uint64, 0, len(r.parts))
	for off := range r.parts {
		offs = append(offs, off)
	}
	slices.Sort(offs)
	var out []byte
	for _, off := range offs {
		if off != uint64(len(out)) {
			return nil, fmt.Errorf("a range begins at %d, the one before ends at %d", off, len(out))
		}
		out = append(out, r.parts[off]...)
	}
	return out, nil
}

// files are the rebuilt contents, in the order of their first appearance.
func (m *mirror) files() ([][]byte, error) {
	var all [][]byte
	for _, key := range m.order {
		b, err := m.gens[key].whole()
		if err != nil {
			return nil, fmt.Errorf("%s %x: %w", m.names[key], key.gen, err)
		}
		all = append(all, b)
	}
	return all, nil
}

// lines are the distinct events in the order of arrival.
func (m *mirror) lines() []string {
	var all []string
	for _, e := range m.events {
		all = append(all, e.text)
	}
	return all
}

func equalLines(got, want []string) error {
	if slices.Equal(got, want) {
		return nil
	}
	g, w := slices.Clone(got), slices.Clone(want)
	sort.Strings(g)
	sort.Strings(w)
	missing, extra := diff(w, g), diff(g, w)
	if len(missing)+len(extra) == 0 {
		return fmt.Errorf("all %d lines arrived, but in another order", len(got))
	}
	return fmt.Errorf("%d lines of %d; missing %.200q, too many %.200q", len(got), len(want), missing, extra)
}

// diff is what sorted a has more than sorted b.
func diff(a, b []string) []string {
	var out []string
	for len(a) > 0 {
		switch c := -1; {
		case len(b) > 0 && cmp.Compare(a[0], b[0]) == 0:
			a, b = a[1:], b[1:]
		case len(b) > 0 && cmp.Compare(b[0], a[0]) == c:
			b = b[1:]
		default:
			out = append(out, a[0])
			a = a[1:]
		}
	}
	return out
}
