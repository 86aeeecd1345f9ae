package pack

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/record"
)

var now = time.Unix(100, 0)

func put(b *Builder, seg record.Segment, text string, events int) bool {
	room, most := b.Buffer(&seg)
	if len(room) < len(text) || most < events {
		return false
	}
	copy(room, text)
	seg.Kind, seg.Len = record.Bytes, uint64(len(text))
	b.Add(seg, state.Sum{}, events, now)
	return true
}

func TestWhatGoesOnIsOneSegment(t *testing.T) {
	b := New("h", record.Writer{ID: "w", Nonce: 1})
	a := record.Segment{Kind: record.Bytes, Src: record.SourceID{1}, Gen: 5, Path: "/a"}
	put(b, a, "one\n", 1)
	a.Off = 4
	put(b, a, "two\n", 1)
	other := record.Segment{Kind: record.Bytes, Src: record.SourceID{2}, Gen: 5, Path: "/b"}
	put(b, other, "x\n", 1)
	a.Off = 8
	put(b, a, "three\n", 1)
	r, sums := b.Close(now)
	if len(r.Manifest.Segments) != 3 || len(sums) != 3 || r.Manifest.Segments[0].Len != 8 {
		t.Errorf("segments %+v", r.Manifest.Segments)
	}
	if string(r.Value) != "one\ntwo\nx\nthree\n" || r.Events != 4 || r.Manifest.Seq != 1 || !b.Empty() {
		t.Errorf("record %+v", r)
	}
	if err := r.Manifest.Check(len(r.Value)); err != nil {
		t.Error(err)
	}
}

func TestRecordsKeepTheBounds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	b := New(strings.Repeat("h", 253), record.Writer{ID: strings.Repeat("w", 253), Nonce: 1})
	line := strings.Repeat("x", 5000)
	for i := range 5000 {
		seg := record.Segment{
			Kind: record.Bytes, Src: record.SourceID{byte(rnd.IntN(200))}, Off: uint64(i) << 20, Collection: "c",
			Path: "/" + strings.Repeat("p", rnd.IntN(2000)),
		}
		text := line[:1+rnd.IntN(len(line)-1)]
		if put(b, seg, text, 1) {
			continue
		}
		r, _ := b.Close(now)
		if n := 253 + len(r.Encoded) + len(r.Value); n > record.MaxBytes || r.Events > record.MaxEvents {
			t.Fatalf("record of %d bytes and %d events", n, r.Events)
		}
		if !put(b, seg, text, 1) {
			t.Fatal("an empty record has no room")
		}
	}
}

func TestAGapKeepsWriterNumberAndRanges(t *testing.T) {
	b := New("h", record.Writer{ID: "w", Nonce: 1})
	put(b, record.Segment{Kind: record.Bytes, Src: record.SourceID{1}, Gen: 5, Off: 7, Path: "/a"}, "one\n", 1)
	r, _ := b.Close(now)
	g := Gap(r, strings.Repeat("because ", 100))
	seg := g.Manifest.Segments[0]
	if g.Manifest.Seq != r.Manifest.Seq || g.Manifest.Writer != r.Manifest.Writer || len(g.Value) != 0 {
		t.Errorf("gap %+v", g.Manifest)
	}
	if seg.Kind != record.Gap || seg.Off != 7 || seg.Len != 4 || len(seg.Reason) != MostReason {
		t.Errorf("segment %+v", seg)
	}
	if _, _, err := record.Decode(g.Encoded); err != nil {
		t.Error(err)
	}
}
