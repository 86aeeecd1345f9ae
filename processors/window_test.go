package processors

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestWindow(t *testing.T) {
	type mark struct {
		writer string
		seq    uint64
		fresh  bool
	}
	for name, marks := range map[string][]mark{
		"counts each number once": {
			{"a", 1, true}, {"a", 1, false}, {"a", 2, true}, {"a", 1, false}, {"a", 2, false},
		},
		"begins at any number": {
			{"a", 1 << 40, true}, {"a", 1 << 40, false}, {"a", 1<<40 + 1, true},
		},
		"counts numbers that come late": {
			{"a", 10, true}, {"a", 8, true}, {"a", 9, true}, {"a", 8, false}, {"a", 9, false}, {"a", 11, true}, {"a", 7, true},
		},
		"remembers 64 numbers behind the highest": {
			{"a", 100, true}, {"a", 36, true}, {"a", 36, false}, {"a", 35, false},
		},
		"forgets bits that a leap leaves behind": {
			{"a", 100, true}, {"a", 99, true}, {"a", 164, true}, {"a", 100, false}, {"a", 101, true}, {"a", 99, false},
		},
		"survives a leap over everything": {
			{"a", 1, true}, {"a", math.MaxUint64, true}, {"a", math.MaxUint64, false}, {"a", math.MaxUint64 - 1, true}, {"a", 1, false},
		},
		"takes the number 0": {
			{"a", 0, true}, {"a", 0, false}, {"a", 1, true}, {"a", 0, false},
		},
		"keeps writers apart": {
			{"a", 5, true}, {"b", 5, true}, {"a", 5, false}, {"b", 4, true}, {"a", 4, true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var w Window
			for i, m := range marks {
				if seen := w.Seen(m.writer, m.seq); seen == m.fresh {
					t.Errorf("step %d: Seen(%s, %d) = %v", i, m.writer, m.seq, seen)
				}
				if fresh := w.Mark(m.writer, m.seq); fresh != m.fresh {
					t.Errorf("step %d: Mark(%s, %d) = %v", i, m.writer, m.seq, fresh)
				}
			}
		})
	}
}

func TestWindowForgetsTheWriterHeardOfLongestAgo(t *testing.T) {
	var w Window
	for i := range MaxWriters {
		w.Mark(strconv.Itoa(i), 1)
	}
	w.Mark("0", 2)   // heard of again, so 1 is the oldest now
	w.Mark("new", 1) // one too many
	if w.Writers() != MaxWriters {
		t.Errorf("%d writers, want %d", w.Writers(), MaxWriters)
	}
	for writer, seen := range map[string]bool{"0": true, "1": false, "2": true, "new": true} {
		if w.Seen(writer, 1) != seen {
			t.Errorf("Seen(%s) = %v", writer, !seen)
		}
	}
}

func TestWindowOnDiskIsFixed(t *testing.T) {
	var w Window
	w.Mark("a", 300)
	w.Mark("a", 298)
	w.Mark("bc", 1)
	b, err := w.MarshalBinary()
	want := "\x01\x02" + "\x01a\xac\x02\x00\x00\x00\x00\x00\x00\x00\x02" + "\x02bc\x01\x00\x00\x00\x00\x00\x00\x00\x00"
	if err != nil || string(b) != want {
		t.Errorf("%x (%v), want %x: tables in the field have this form", b, err, want)
	}
}

func TestWindowRefusesWhatIsNoWindow(t *testing.T) {
	var good Window
	good.Mark("a", 1)
	b, _ := good.MarshalBinary()
	for name, bad := range map[string][]byte{
		"nothing":          {},
		"another version":  {9, 0},
		"too many writers": {1, MaxWriters + 1},
		"a cut writer":     b[:len(b)-1],
		"more behind it":   append(bytes.Clone(b), 0),
	} {
		t.Run(name, func(t *testing.T) {
			w := good
			if err := w.UnmarshalBinary(bad); !errors.Is(err, ErrWindow) {
				t.Errorf("error %v, want ErrWindow", err)
			}
		})
	}
}

func TestWindowDoesWhatASetDoes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	var w Window
	set := map[uint64]bool{}
	high := uint64(0)
	for range 20_000 {
		seq := uint64(max(0, int64(high)+rnd.Int64N(70)-60)) // up to 60 behind
		if fresh := w.Mark("a", seq); fresh == set[seq] {
			t.Fatalf("Mark(%d) = %v at highest %d", seq, fresh, high)
		}
		set[seq] = true
		high = max(high, seq)
		b, _ := w.MarshalBinary()
		if err := w.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzWindow(f *testing.F) {
	var w Window
	w.Mark("a", 300)
	w.Mark(strings.Repeat("b", 300), 1)
	b, _ := w.MarshalBinary()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var w Window
		rest, err := w.Consume(b)
		if err != nil {
			return
		}
		again, _ := w.MarshalBinary()
		var same Window
		if err := same.UnmarshalBinary(again); err != nil {
			t.Fatal(err)
		}
		twice, _ := same.MarshalBinary()
		if !bytes.Equal(again, twice) || len(rest) > len(b) {
			t.Fatalf("%x became %x", again, twice)
		}
		w.Mark("x", 1)
		if !w.Seen("x", 1) {
			t.Fatal("marked and not seen")
		}
	})
}

func BenchmarkWindowMark(b *testing.B) {
	b.ReportAllocs()
	var w Window
	for i := range uint64(b.N) {
		w.Mark("agent-0123456789", i)
	}
}
