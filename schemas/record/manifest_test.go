package record

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/revision"
)

var update = flag.Bool("update", false, "write the golden bytes anew")

// full has every kind of segment and every optional field.
func full() *Manifest {
	src := SourceID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	rev := revision.Of([]byte("a config"))
	at := time.Date(2026, 11, 22, 10, 20, 30, 123456789, time.UTC)
	base := Segment{Kind: Bytes, Src: src, Gen: NewGen([]byte("first"), 0), Collection: "shop-access", Rev: rev, Path: "/var/log/shop/access.log"}
	seg := func(change func(*Segment)) Segment { s := base; change(&s); return s }
	return &Manifest{
		Writer: Writer{ID: "host-1", Nonce: 0xfeedfacecafebeef}, Seq: 300, Host: "web-01", At: at,
		Segments: []Segment{
			seg(func(s *Segment) { s.Len = 6 }),
			seg(func(s *Segment) { s.Kind, s.Off, s.Len, s.Count, s.Reason = Skipped, 6, 100, 3, "rate" }),
			seg(func(s *Segment) { s.Kind, s.Off, s.Len, s.Reason = Gap, 106, 50, "file deleted before it was read" }),
			seg(func(s *Segment) { s.Off, s.Len, s.Part = 156, 4, 1 }),
			seg(func(s *Segment) { s.Off, s.Len, s.Part, s.LastPart = 160, 3, 2, true }),
			seg(func(s *Segment) {
				s.Off, s.Len, s.Joined, s.Charset = 163, 8, true, "gbk"
				s.Events = []Event{{{0, 2}, {5, 1}}, {{6, 2}}}
			}),
			seg(func(s *Segment) {
				s.Src, s.Gen, s.Len, s.Charset = SourceID{0xff}, 7<<8|1, 4, "gbk"
				s.Path, s.Events = "/var/log/shop/access.log.1", []Event{{{0, 3}}}
			}),
		},
	}
}

const fullValue = "a\nbcd\n" + "long" + "er\n" + "12\n34XYZ" + "!!!\n"

func TestAManifestIsReadTheSameWhateverWasReadBefore(t *testing.T) {
	large := full()
	for range keptSegments {
		large.Segments = append(large.Segments, large.Segments[0])
	}
	small := full()
	small.Segments = []Segment{{Kind: Bytes}}
	var d Decoder
	for _, m := range []*Manifest{full(), small, full(), large, small, full()} {
		if _, _, err := d.Decode(encode(full())[:60]); err == nil {
			t.Fatal("half a manifest was read")
		}
		want, _, err := Decode(encode(m))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := d.Decode(encode(m))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got\n%+v\nwant\n%+v", got, want)
		}
	}
}

func encode(m *Manifest) []byte { return new(Encoder).Append(nil, m) }

func TestManifestGoldenBytes(t *testing.T) {
	file := filepath.Join("testdata", "manifest-v1.hex")
	got := hex.Dump(encode(full()))
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("manifest of version 1 is written differently now; old readers would misread it\ngot\n%s\nwant\n%s", got, want)
	}
}

func TestManifestComesBackAsItWasWritten(t *testing.T) {
	want := full()
	var e Encoder
	for range 2 { // the second time with used scratch space
		b := e.Append([]byte("before"), want)[len("before"):]
		got, rest, err := Decode(append(b, "behind"...))
		if err != nil {
			t.Fatal(err)
		}
		if string(rest) != "behind" {
			t.Errorf("rest is %q", rest)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%+v\nwant\n%+v", got, want)
		}
	}
	if err := want.Check(len(fullValue)); err != nil {
		t.Error(err)
	}
}

func TestSizeBoundHolds(t *testing.T) {
	m := full()
	bound := 4 + 1 + 10 + len(m.Writer.ID) + 8 + 10 + 10 + len(m.Host) + 10 + 10 + 10
	for i := range m.Segments {
		bound += SizeBound(&m.Segments[i])
	}
	if got := len(encode(m)); got > bound {
		t.Errorf("manifest takes %d bytes, bound is %d", got, bound)
	}
}

func TestDecodeSkipsFieldsOfLaterWriters(t *testing.T) {
	b := append(encode(full()), "a later field"...)
	b[3] += byte(len("a later field")) // the length is below 256 - 13 in its last byte
	m, rest, err := Decode(b)
	if err != nil || len(rest) != 0 {
		t.Fatalf("rest %d, error %v", len(rest), err)
	}
	if !reflect.DeepEqual(m, full()) {
		t.Error("a later field changed what was read")
	}
}

func TestDecodeRefusesWhatIsCutOrWild(t *testing.T) {
	whole := encode(full())
	for n := range whole {
		if _, _, err := Decode(whole[:n]); !errors.Is(err, ErrManifest) {
			t.Fatalf("cut to %d bytes: error %v", n, err)
		}
	}
	other := bytes.Clone(whole)
	other[4] = 9
	if _, _, err := Decode(other); !errors.Is(err, ErrVersion) {
		t.Errorf("version 9: error %v", err)
	}
	wild := append([]byte{0, 0, 0, 30, Version, 0}, bytes.Repeat([]byte{0xff}, 25)...)
	if _, _, err := Decode(wild); !errors.Is(err, ErrManifest) {
		t.Errorf("wild counts: error %v", err)
	}
}

func TestCheckComparesManifestAndValue(t *testing.T) {
	cases := map[string]func(*Manifest){
		"segments of":            func(m *Manifest) { m.Segments[0].Len++ },
		"is joined to nothing":   func(m *Manifest) { m.Segments = m.Segments[:6]; m.Segments[0].Len += 4 },
		"last part of nothing":   func(m *Manifest) { m.Segments[4].Part = 0 },
		"kind gap carries event": func(m *Manifest) { m.Segments[2].Part = 1 },
	}
	for want, change := range cases {
		m := full()
		change(m)
		if err := m.Check(len(fullValue)); !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(full()), []byte(fullValue))
	f.Add(encode(&Manifest{}), []byte{})
	f.Fuzz(func(t *testing.T, b, value []byte) {
		m, _, err := Decode(b)
		if err != nil {
			return
		}
		again, rest, err := Decode(encode(m))
		if err != nil || len(rest) != 0 || !reflect.DeepEqual(m, again) {
			t.Fatalf("not the same after a round trip: %v\n%+v\n%+v", err, m, again)
		}
		if m.Check(len(value)) != nil {
			return
		}
		var w Walker
		var raw Raw
		w.Reset(m, value)
		for n := 0; w.Next(&raw); n++ {
			if n > len(value)+spans(m) {
				t.Fatal("the walk does not end")
			}
		}
	})
}

func spans(m *Manifest) int {
	n := 0
	for i := range m.Segments {
		n += len(m.Segments[i].Events)
	}
	return n
}

func BenchmarkEncode(b *testing.B) {
	m := full()
	var e Encoder
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = e.Append(dst[:0], m)
	}
}

func BenchmarkDecode(b *testing.B) {
	data := encode(full())
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
