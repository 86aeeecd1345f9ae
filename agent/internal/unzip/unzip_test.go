package unzip

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

func zipped(t testing.TB, members ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, text := range members {
		w := gzip.NewWriter(&b)
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// text is as hard to compress as n random letters are.
func text(rnd *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef\n"[rnd.IntN(17)]
	}
	return b
}

func TestAnyRangeReadsAsInThePlainFile(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	a, b := text(rnd, 300_000), text(rnd, 100_000)
	plain := bytes.NewReader(append(bytes.Clone(a), b...))
	r := New(bytes.NewReader(zipped(t, a, b)), 1024)
	if !bytes.Equal(r.Head(), a[:1024]) {
		t.Error("the head is another")
	}
	for range 200 {
		off := rnd.Int64N(plain.Size() + 10)
		want, got := make([]byte, rnd.IntN(100_000)), make([]byte, 100_000)
		wantN, wantErr := plain.ReadAt(want, off)
		gotN, gotErr := r.ReadAt(got[:len(want)], off)
		if gotN != wantN || !bytes.Equal(got[:gotN], want[:wantN]) || gotErr != nil && !errors.Is(gotErr, io.EOF) || len(want) > 0 && (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("%d bytes at %d: %d, %v instead of %d, %v", len(want), off, gotN, gotErr, wantN, wantErr)
		}
	}
	r.Fill(0, int(plain.Size())+1)
	if end, ended := r.End(); end != uint64(plain.Size()) || !ended || r.Err() != nil {
		t.Errorf("ends at %d, %v, %v", end, ended, r.Err())
	}
}

func TestSkippingStopsWhenItHasDoneEnough(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	a := text(rnd, 10*skipBytes)
	r := New(bytes.NewReader(zipped(t, a)), 16)
	calls := 1
	for ; !r.Skip(9*skipBytes, 2*skipBytes); calls++ {
		if len(r.win) > 2*skipBytes {
			t.Fatalf("it holds %d bytes", len(r.win))
		}
	}
	if calls < 4 || calls > 5 {
		t.Errorf("%d calls", calls)
	}
	if !r.Skip(uint64(len(a)), 10*skipBytes) || !r.Skip(uint64(len(a))+5, 10*skipBytes) {
		t.Error("the end is never reached")
	}
	if end, ended := r.End(); end != uint64(len(a)) || !ended {
		t.Errorf("ends at %d, %v", end, ended)
	}
}

func TestWhatIsWrongIsToldAndWhatStandsBeforeIsGiven(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	a := text(rnd, 400_000)
	z := zipped(t, a)
	flipped := bytes.Clone(z)
	flipped[len(z)-6] ^= 1 // in the checksum
	cases := []struct {
		name   string
		file   []byte
		atMost int // plain bytes
		least  int
		torn   bool
		err    error
	}{
		{"cut in the midst", z[:len(z)/2], len(a), 100_000, true, io.ErrUnexpectedEOF},
		{"cut before its checksum", z[:len(z)-4], len(a), len(a), true, io.ErrUnexpectedEOF},
		{"cut in its header", z[:5], 0, 0, true, io.ErrUnexpectedEOF},
		{"nothing at all", nil, 0, 0, true, io.EOF},
		{"another checksum", flipped, len(a), len(a), false, gzip.ErrChecksum},
		{"rubbish behind it", append(bytes.Clone(z), "rubbish and more of it"...), len(a), len(a), false, gzip.ErrHeader},
		{"no gzip", []byte("plain text, and enough of it"), 0, 0, false, gzip.ErrHeader},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := New(bytes.NewReader(c.file), 1024)
			got, err := io.ReadAll(io.NewSectionReader(r, 0, 1<<30))
			if err != nil || len(got) > c.atMost || len(got) < c.least || !bytes.Equal(got, a[:len(got)]) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if end, ended := r.End(); end != uint64(len(got)) || !ended {
				t.Errorf("ends at %d, %v", end, ended)
			}
			if !errors.Is(r.Err(), c.err) || r.Torn() != c.torn {
				t.Errorf("error %v, torn %v", r.Err(), r.Torn())
			}
			if used := r.Used(); used > uint64(len(c.file)) {
				t.Errorf("%d bytes of %d were used", used, len(c.file))
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	z := zipped(b, text(rand.New(rand.NewPCG(3, 3)), 4<<20))
	block := make([]byte, 240<<10)
	b.SetBytes(4 << 20)
	b.ReportAllocs()
	for b.Loop() {
		r := New(bytes.NewReader(z), 1024)
		for off := int64(0); ; off += int64(len(block)) {
			if n, err := r.ReadAt(block, off); err != nil || n < len(block) {
				break
			}
		}
	}
}
