package record

import (
	"reflect"
	"strings"
	"testing"
)

type found struct {
	segment int
	off     uint64
	text    string
	framed  int
}

func walk(m *Manifest, value string) []found {
	var w Walker
	var raw Raw
	var all []found
	w.Reset(m, []byte(value))
	for w.Next(&raw) {
		all = append(all, found{raw.Segment, raw.Off, string(raw.Bytes), raw.Framed})
	}
	return all
}

func TestWalkFindsTheEvents(t *testing.T) {
	seg := func(off, n uint64) Segment { return Segment{Kind: Bytes, Off: off, Len: n} }
	cases := []struct {
		name     string
		segments []Segment
		value    string
		want     []found
	}{
		{"no segments", nil, "", nil},
		{"a line is an event without its end", []Segment{seg(10, 6)}, "ab\ncd\n", []found{{0, 10, "ab", 3}, {0, 13, "cd", 3}}},
		{"CRLF ends a line too, a lone CR does not", []Segment{seg(0, 8)}, "a\rb\r\nc\r\n", []found{{0, 0, "a\rb", 5}, {0, 5, "c", 3}}},
		{"an empty line is an event", []Segment{seg(0, 3)}, "\n\r\n", []found{{0, 0, "", 1}, {0, 1, "", 2}}},
		{"a last line without an end is an event", []Segment{seg(0, 3)}, "a\nb", []found{{0, 0, "a", 2}, {0, 2, "b", 1}}},
		{"a gap has no bytes", []Segment{seg(0, 2), {Kind: Gap, Off: 2, Len: 99}, seg(101, 2)}, "a\nb\n", []found{{0, 0, "a", 2}, {2, 101, "b", 2}}},
		{"a part is one event whatever is in it", []Segment{{Kind: Bytes, Len: 4, Part: 1}, {Kind: Bytes, Off: 4, Len: 3, Part: 2, LastPart: true}}, "a\nb\ncd\n", []found{{0, 0, "a\nb\n", 4}, {1, 4, "cd", 3}}},
		{
			"listed events may have several spans and leave bytes out",
			[]Segment{{Kind: Bytes, Off: 100, Len: 10, Events: []Event{{{1, 2}, {5, 2}}, {{8, 1}}}}},
			"0123456789",
			[]found{{0, 101, "1256", 4}, {0, 108, "8", 1}},
		},
		{"a segment may list no event at all", []Segment{{Kind: Bytes, Len: 3, Events: []Event{}}, seg(3, 2)}, "\xef\xbb\xbfa\n", []found{{1, 3, "a", 2}}},
		{
			"a joined event begins in one file and ends in the next",
			[]Segment{
				{Kind: Bytes, Off: 50, Len: 7, Joined: true, Events: []Event{{{0, 2}}, {{3, 4}}}},
				{Kind: Bytes, Off: 0, Len: 6, Events: []Event{{{0, 2}}, {{3, 2}}}},
			},
			"aa\nbbb\ncc\ndd\n",
			[]found{{0, 50, "aa", 2}, {0, 53, "bbb\ncc", 6}, {1, 3, "dd", 2}},
		},
		{
			"joined over three files",
			[]Segment{
				{Kind: Bytes, Len: 2, Joined: true, Events: []Event{{{0, 2}}}},
				{Kind: Bytes, Len: 2, Joined: true, Events: []Event{{{0, 2}}}},
				{Kind: Bytes, Len: 2, Events: []Event{{{0, 1}}}},
			},
			"a\nb\nc\n",
			[]found{{0, 0, "a\nb\nc", 5}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := &Manifest{Segments: c.segments}
			if err := m.Check(len(c.value)); err != nil {
				t.Fatal(err)
			}
			if got := walk(m, c.value); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %v\nwant %v", got, c.want)
			}
		})
	}
}

func TestWalkOfTheFullManifest(t *testing.T) {
	got := walk(full(), fullValue)
	var texts []string
	for _, f := range got {
		texts = append(texts, f.text)
	}
	want := []string{"a", "bcd", "long", "er", "12X", "YZ!!!"}
	if !reflect.DeepEqual(texts, want) {
		t.Errorf("got %q, want %q", texts, want)
	}
}

func BenchmarkWalk(b *testing.B) {
	line := strings.Repeat("x", 199) + "\n"
	value := []byte(strings.Repeat(line, 1000))
	m := &Manifest{Segments: []Segment{{Kind: Bytes, Len: uint64(len(value))}}}
	var w Walker
	var raw Raw
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	for b.Loop() {
		w.Reset(m, value)
		for w.Next(&raw) {
		}
	}
}
