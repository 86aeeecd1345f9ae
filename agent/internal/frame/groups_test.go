package frame

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

func framer(t testing.TB, r *collect.Reading, charset string) Framer {
	t.Helper()
	f, err := New(r, charset)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func multi(mode collect.MultilineMode, pattern string) *collect.Multiline {
	return &collect.Multiline{Mode: mode, Pattern: pattern, Timeout: collect.DefaultTimeout, MaxBytes: collect.DefaultMaxBytes, MaxLines: 5}
}

func preset(name string) *collect.Multiline {
	return &collect.Multiline{Preset: name, Timeout: collect.DefaultTimeout, MaxBytes: collect.DefaultMaxBytes, MaxLines: collect.DefaultMaxLines}
}

// reader frames a text as the tailer does, in blocks as step says, and gathers the events.
type reader struct {
	t      testing.TB
	framer Framer
	events []string
	offs   []int
	parts  int
	holes  int
}

// read frames text to its end and returns the events. What step gives is the size of a
// block, and how much of it may be taken; where that is too little, all there is is offered.
func (r *reader) read(text []byte, step func() (block, events, room int)) []string {
	r.t.Helper()
	off, part := 0, uint32(0)
	for off < len(text) {
		n, events, room := step()
		end := min(off+n, len(text))
		ask := Ask{Block: text[off:end], Events: events, Room: room, Part: part, Start: off == 0, Final: end == len(text)}
		cut := r.framer.Frame(ask)
		if cut.Len == 0 {
			ask.Block, ask.Events, ask.Room = text[off:min(len(text), off+record.MaxBytes)], record.MaxEvents, 0
			ask.Final = len(text)-off <= record.MaxBytes
			if cut = r.framer.Frame(ask); cut.Len == 0 && cut.Blank > 0 {
				r.holes++
				return r.events // nothing but NULs follow
			}
		}
		if cut.Len == 0 || cut.Len > len(ask.Block) {
			r.t.Fatalf("stuck at %d of %d: %+v", off, len(text), cut)
		}
		r.take(ask.Block[:cut.Len], off, cut)
		if part = cut.Part; cut.LastPart {
			part = 0
		}
		off += cut.Len
	}
	return r.events
}

func (r *reader) take(b []byte, off int, cut Cut) {
	if cut.Part > 0 {
		r.parts++
	}
	if cut.Hole {
		r.holes++
		return
	}
	seg := record.Segment{Kind: record.Bytes, Off: uint64(off), Len: uint64(len(b)), Part: cut.Part, LastPart: cut.LastPart, Events: cut.Spans}
	var w record.Walker
	var raw record.Raw
	w.Reset(&record.Manifest{Segments: []record.Segment{seg}}, b)
	n := 0
	for ; w.Next(&raw); n++ {
		r.events, r.offs = append(r.events, string(raw.Bytes)), append(r.offs, int(raw.Off))
	}
	if n != cut.Events {
		r.t.Fatalf("%d events were found and %d announced", n, cut.Events)
	}
}

func whole() (block, events, room int) { return record.MaxBytes, record.MaxEvents, 0 }

func TestEventsOfSeveralLines(t *testing.T) {
	start, cont, end := multi(collect.ModeStart, `^\d`), multi(collect.ModeContinuation, `^\s`), multi(collect.ModeEnd, `;$`)
	notLast := multi(collect.ModeEnd, `\\$`)
	notLast.Negate = true
	small := multi(collect.ModeContinuation, `^ `)
	small.MaxBytes = 10
	cases := []struct {
		name string
		how  collect.Reading
		text string
		want []string
	}{
		{"a matching line begins an event", collect.Reading{Multiline: start}, "1 a\nb\n2 c\n3 d\ne\n", []string{"1 a\nb", "2 c", "3 d\ne"}},
		{"what comes before the first beginning is an event", collect.Reading{Multiline: start}, "x\ny\n1 a\n", []string{"x\ny", "1 a"}},
		{"a matching line goes on", collect.Reading{Multiline: cont}, "a\n b\n c\nd\n", []string{"a\n b\n c", "d"}},
		{"a matching line ends", collect.Reading{Multiline: end}, "a\nb;\nc;\nd\n", []string{"a\nb;", "c;", "d"}},
		{"a backslash goes on", collect.Reading{Multiline: notLast}, "a \\\nb\nc\n", []string{"a \\\nb", "c"}},
		{"no more lines than may be", collect.Reading{Multiline: cont}, "a\n 1\n 2\n 3\n 4\n 5\n 6\nb\n", []string{"a\n 1\n 2\n 3\n 4", " 5\n 6", "b"}},
		{"no more bytes than may be", collect.Reading{Multiline: small}, "aaaa\n bbb\n cccc\n d\n", []string{"aaaa\n bbb", " cccc\n d"}},
		{"inner line ends stay, the last is cut", collect.Reading{Multiline: cont}, "a\r\n b\r\nc\r\n", []string{"a\r\n b", "c"}},
		{"empty lines are lines", collect.Reading{Multiline: start}, "\n1\n\n\n2\n", []string{"", "1\n\n", "2"}},
		{"a byte order mark is no text", collect.Reading{Multiline: start}, "\xef\xbb\xbf1 a\nb\n", []string{"1 a\nb"}},
		{
			"java",
			collect.Reading{Multiline: preset("java")},
			"INFO x\nERROR y\njava.io.IOException: z\n\tat a.b(C.java:1)\nCaused by: q\n\t... 1 more\nINFO w\njava.lang is fine\n",
			[]string{"INFO x", "ERROR y\njava.io.IOException: z\n\tat a.b(C.java:1)\nCaused by: q\n\t... 1 more", "INFO w", "java.lang is fine"},
		},
		{
			"python",
			collect.Reading{Multiline: preset("python")},
			"ERROR x\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nKeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b\"\nValueError\nINFO y\n",
			[]string{"ERROR x\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nKeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b\"\nValueError", "INFO y"},
		},
		{
			"go",
			collect.Reading{Multiline: preset("go")},
			"before\npanic: oh no\n\ngoroutine 1 [running]:\nmain.f(0x1, 0x2)\n\t/a/b.go:7 +0x1d\ncreated by main.main\n\t/a/b.go:3 +0x2\nexit status 2\nafter (x)\n",
			[]string{"before", "panic: oh no\n\ngoroutine 1 [running]:\nmain.f(0x1, 0x2)\n\t/a/b.go:7 +0x1d\ncreated by main.main\n\t/a/b.go:3 +0x2\nexit status 2", "after (x)"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := reader{t: t, framer: framer(t, &c.how, "")}
			if got := r.read([]byte(c.text), whole); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestContainers(t *testing.T) {
	const at, later = "2026-11-22T10:20:30.5Z ", "2026-11-22T10:20:36.5Z "
	cases := []struct {
		name string
		how  collect.Reading
		text string
		want []string
	}{
		{
			"pieces of both streams, interleaved",
			collect.Reading{Container: collect.CRI},
			at + "stdout P a1 \n" + at + "stderr P b1 \n" + at + "stdout F a2\n" + at + "stderr F b2\n" + at + "stdout F c\n",
			[]string{at + "stdout P a1 a2", at + "stderr P b1 b2", at + "stdout F c"},
		},
		{"an empty line of a container", collect.Reading{Container: collect.CRI}, at + "stdout F \n" + at + "stdout F\n", []string{at + "stdout F ", at + "stdout F"}},
		{"what no runtime wrapped", collect.Reading{Container: collect.CRI}, "x\n" + at + "stdin F y\n", []string{"x", at + "stdin F y"}},
		{
			"docker joins texts that do not end",
			collect.Reading{Container: collect.Docker},
			`{"log":"a","stream":"stdout","time":"1"}` + "\n" + `{"log":"e\n","stream":"stderr","time":"2"}` + "\n" + `{"log":"b\\n","stream":"stdout","time":"3"}` + "\n" + `{"log":"c\n","stream":"stdout","attrs":{"x":["}"]},"time":"4"}` + "\n",
			[]string{`{"log":"ab\\nc\n","stream":"stdout","time":"1"}`, `{"log":"e\n","stream":"stderr","time":"2"}`},
		},
		{"either", collect.Reading{Container: collect.AutoContainer}, `{"log":"a\n"}` + "\n" + at + "stdout P a\n" + at + "stdout F b\n", []string{`{"log":"a\n"}`, at + "stdout P ab"}},
		{
			"lines of an event, streams apart",
			collect.Reading{Container: collect.CRI, Multiline: multi(collect.ModeStart, `^\S`)},
			at + "stdout F a\n" + at + "stderr F x\n" + at + "stdout F  b\n" + at + "stderr F  y\n" + at + "stdout F c\n",
			[]string{at + "stdout F a\n b", at + "stderr F x\n y", at + "stdout F c"},
		},
		{
			"a stream that is left behind ends its event",
			collect.Reading{Container: collect.CRI, Multiline: multi(collect.ModeStart, `^\S`)},
			at + "stderr F x\n" + later + "stdout F a\n" + later + "stderr F  y\n",
			[]string{at + "stderr F x", later + "stdout F a", later + "stderr F  y"},
		},
		{
			"docker and several lines",
			collect.Reading{Container: collect.Docker, Multiline: multi(collect.ModeStart, `^\S`)},
			`{"log":"a\n","time":"1"}` + "\n" + `{"log":" b\n","time":"2"}` + "\n" + `{"log":"c\n","time":"3"}` + "\n",
			[]string{`{"log":"a\n b\n","time":"1"}`, `{"log":"c\n","time":"3"}`},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := reader{t: t, framer: framer(t, &c.how, "")}
			if got := r.read([]byte(c.text), whole); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestAnEventWaitsForItsNextLine(t *testing.T) {
	f := framer(t, &collect.Reading{Multiline: multi(collect.ModeStart, `^\d`)}, "")
	text := []byte("1 a\nb\nc")
	cut := f.Frame(Ask{Block: text, Events: 10})
	if want := (Cut{Open: true}); !reflect.DeepEqual(cut, want) {
		t.Errorf("while it may go on: %+v", cut)
	}
	cut = f.Frame(Ask{Block: text, Events: 10, Due: true})
	if want := (Cut{Len: 6, Events: 1, Spans: []record.Event{{{Off: 0, Len: 5}}}}); !reflect.DeepEqual(cut, want) {
		t.Errorf("when it is due: %+v", cut)
	}
}

func encode16(text string, order binary.AppendByteOrder, bom bool) []byte {
	var b []byte
	if bom {
		b = order.AppendUint16(b, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func TestUTF16IsCutAtItsLineFeeds(t *testing.T) {
	lines := []string{"plain", "odd \u0a0a\u0a00\u000b\u0d0a", "", "𝄞 clef", "last"}
	for name, order := range map[string]binary.AppendByteOrder{utf16LE: binary.LittleEndian, utf16BE: binary.BigEndian} {
		for _, bom := range []bool{true, false} {
			text := encode16(strings.Join(lines, "\r\n")+"\n", order, bom)
			if bom && Charset("utf-16", text) != name {
				t.Errorf("%s is taken for %s", name, Charset("utf-16", text))
			}
			r := reader{t: t, framer: framer(t, &collect.Reading{}, name)}
			var want []string
			for _, line := range lines {
				want = append(want, string(encode16(line, order, false)))
			}
			if got := r.read(text, whole); !slices.Equal(got, want) {
				t.Errorf("%s: got %q", name, got)
			}
			if end := r.framer.LastEnd(text[:len(text)-2], 0); end == 0 || len(text)-end != 2*len("last\n") {
				t.Errorf("%s: the last line end is at %d of %d", name, end, len(text))
			}
		}
	}
	r := reader{t: t, framer: framer(t, &collect.Reading{Multiline: multi(collect.ModeStart, `^\p{Han}`)}, utf16LE)}
	if got := r.read(encode16("漢 a\nb\n字\n", binary.LittleEndian, true), whole); len(got) != 2 {
		t.Errorf("patterns do not see the text: %q", got)
	}
}

func TestCharsetFollowsTheByteOrderMark(t *testing.T) {
	for _, c := range []struct{ configured, head, want string }{
		{"", "ab", ""},
		{"", "\xff\xfe", utf16LE},
		{"", "\xfe\xff", utf16BE},
		{"utf-8", "\xff\xfe", ""},
		{"utf-16", "ab", utf16LE},
		{"utf-16", "\xfe\xff", utf16BE},
		{"gbk", "\xff\xfe", "gbk"},
		{"utf-16be", "", utf16BE},
	} {
		if got := Charset(c.configured, []byte(c.head)); got != c.want {
			t.Errorf("%q with %q is %q", c.configured, c.head, got)
		}
	}
}

func TestHolesAreNoText(t *testing.T) {
	zeros := strings.Repeat("\x00", 5000)
	for name, how := range map[string]collect.Reading{"lines": {}, "groups": {Multiline: multi(collect.ModeStart, `^\d`)}} {
		t.Run(name, func(t *testing.T) {
			f := framer(t, &how, "")
			if cut := f.Frame(Ask{Block: []byte(zeros + "1 a\n2 b\n"), Events: 9, Start: true}); cut.Len != 5000 || !cut.Hole || cut.Events != 0 {
				t.Errorf("something follows: %+v", cut)
			}
			if cut := f.Frame(Ask{Block: []byte(zeros), Events: 9, Start: true}); cut.Len != 0 || cut.Blank != 1 {
				t.Errorf("nothing follows yet: %+v", cut)
			}
			if cut := f.Frame(Ask{Block: []byte("begun" + strings.Repeat(zeros, 60)), Events: 9}); cut.Len != 0 || cut.Blank != 6 {
				t.Errorf("a line is begun in reserved room: %+v", cut)
			}
			if cut := f.Frame(Ask{Block: []byte("begun" + strings.Repeat(zeros, 50) + "x"), Events: 9}); cut.Len != 5 || cut.Events != 1 || cut.Part != 0 {
				t.Errorf("a hole within a line ends it: %+v", cut)
			}
			if cut := f.Frame(Ask{Block: []byte(strings.Repeat(zeros, 50) + "x"), Events: 9}); cut.Len != 250000 || !cut.Hole {
				t.Errorf("a hole within the file: %+v", cut)
			}
			if cut := f.Frame(Ask{Block: []byte("1\x00\n2\n"), Events: 9}); cut.Len == 0 || cut.Hole {
				t.Errorf("a NUL in a line is text: %+v", cut)
			}
		})
	}
}

// TestBlocksDoNotMatter frames the same bytes in blocks of random sizes, with random room:
// events and their places must come out the same, for ids depend on them.
func TestBlocksDoNotMatter(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for name, how := range readings() {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				text := sample(rnd)
				charset := how.Charset
				if wide(charset) {
					text = encode16(string(bytes.ToValidUTF8(text, nil)), binary.LittleEndian, true)
				}
				want := reader{t: t, framer: framer(t, &how, charset)}
				want.read(text, whole)
				got := reader{t: t, framer: framer(t, &how, charset)}
				got.read(text, func() (int, int, int) { return 1 + rnd.IntN(9000), 1 + rnd.IntN(40), 1 + rnd.IntN(20000) })
				if !slices.Equal(got.events, want.events) || !slices.Equal(got.offs, want.offs) {
					t.Fatalf("%d events instead of %d", len(got.events), len(want.events))
				}
			}
		})
	}
}

func readings() map[string]collect.Reading {
	return map[string]collect.Reading{
		"lines":        {MaxLineBytes: 2048},
		"start":        {Multiline: multi(collect.ModeStart, `^\d`), MaxLineBytes: 2048},
		"continuation": {Multiline: multi(collect.ModeContinuation, `^\s`), MaxLineBytes: 2048},
		"end":          {Multiline: multi(collect.ModeEnd, `;$`), MaxLineBytes: 2048},
		"java":         {Multiline: preset("java"), MaxLineBytes: 2048},
		"python":       {Multiline: preset("python"), MaxLineBytes: 2048},
		"go":           {Multiline: preset("go"), MaxLineBytes: 2048},
		"cri":          {Container: collect.CRI, MaxLineBytes: 2048},
		"auto start":   {Container: collect.AutoContainer, Multiline: multi(collect.ModeStart, `^\d`), MaxLineBytes: 2048},
		"utf-16":       {Charset: utf16LE, MaxLineBytes: 2048},
	}
}

// sample is a text with a bit of everything.
func sample(rnd *rand.Rand) []byte {
	words := []string{"1 one", " indented", "two;", "", "\tat x", "Traceback (most recent call last):", "panic: x", "goroutine 1 [x]:", "main.f(1)", "漢字", "a\x00b", "java.lang.Error: x"}
	var b []byte
	for range 50 + rnd.IntN(1500) {
		word := words[rnd.IntN(len(words))]
		at := time.Unix(1_700_000_000+int64(len(b)/200), 0).UTC().Format(time.RFC3339)
		stream, tag, end := []string{"stdout", "stderr"}[rnd.IntN(2)], "F", `\n`
		if rnd.IntN(3) == 0 {
			tag, end = "P", ""
		}
		switch rnd.IntN(4) {
		case 0:
			b = fmt.Appendf(b, "%s %s %s %s", at, stream, tag, word)
		case 1:
			b = fmt.Appendf(b, `{"log":%q,"stream":%q,"time":%q}`, word+strings.ReplaceAll(end, `\n`, "\n"), stream, at)
		default:
			b = append(b, word...)
		}
		switch rnd.IntN(60) {
		case 0:
			b = append(b, '\r')
		case 1:
			b = append(b, strings.Repeat("long ", rnd.IntN(2000))...)
		}
		b = append(b, '\n')
	}
	return append(b, "rest"...)
}

// FuzzGroups frames any bytes: no panic, and the events lie within what was taken, which
// is all there is when nothing follows.
func FuzzGroups(f *testing.F) {
	f.Add([]byte("1 a\n b\n\n2\n"), uint8(1), 10, 0)
	f.Add([]byte(`{"log":"a","stream":"stderr","time":"1"}`+"\n2026-11-22T10:20:30Z stdout P x\n"), uint8(8), 1, 100)
	f.Add([]byte("Traceback (most recent call last):\n  File\nX: y\n\nDuring handling of the above exception\n"), uint8(5), 3, 30)
	names := make([]string, 0, 10)
	all := readings()
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	f.Fuzz(func(t *testing.T, text []byte, which uint8, events, room int) {
		how := all[names[int(which)%len(names)]]
		want := reader{t: t, framer: framer(t, &how, how.Charset)}
		want.read(text, whole)
		got := reader{t: t, framer: framer(t, &how, how.Charset)}
		got.read(text, func() (int, int, int) { return 1 + max(0, room%500), 1 + max(0, events%50), 1 + max(0, room%1000) })
		if !slices.Equal(got.events, want.events) {
			t.Fatalf("blocks matter: %q and %q", got.events, want.events)
		}
	})
}

func BenchmarkFrameGroups(b *testing.B) {
	block := []byte(strings.Repeat("2026-11-22 10:20:30,123 INFO "+strings.Repeat("x", 120)+"\n\tat some.method(Line.java:10)\n", 1300))
	for name, how := range map[string]collect.Reading{"start": {Multiline: multi(collect.ModeStart, `^\d{4}-`)}, "java": {Multiline: preset("java")}, "cri": {Container: collect.CRI}} {
		b.Run(name, func(b *testing.B) {
			f := framer(b, &how, "")
			b.SetBytes(int64(len(block)))
			b.ReportAllocs()
			for b.Loop() {
				f.Frame(Ask{Block: block, Events: record.MaxEvents})
			}
		})
	}
}
