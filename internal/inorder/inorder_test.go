package inorder_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/millrace/millrace/internal/inorder"
)

// act is one call on a tracker.
type act struct {
	deliver int64 // if positive
	done    int64 // otherwise
	want    int64 // offset to commit after done, 0 for none
}

func TestTracker(t *testing.T) {
	for name, acts := range map[string][]act{
		"a record finished in order is committed at once": {
			{deliver: 5}, {done: 5, want: 6}, {deliver: 6}, {done: 6, want: 7},
		},
		"a record behind an unfinished one is held back": {
			{deliver: 5}, {deliver: 6}, {deliver: 7}, {done: 7}, {done: 6}, {done: 5, want: 8},
		},
		"the commit stops before the first unfinished record": {
			{deliver: 5}, {deliver: 6}, {deliver: 7}, {done: 6}, {done: 5, want: 7}, {done: 7, want: 8},
		},
		"gaps between offsets do not hold anything back": {
			{deliver: 5}, {deliver: 90}, {deliver: 91}, {done: 90}, {done: 5, want: 91}, {done: 91, want: 92},
		},
		"a mark of a record that was not delivered is ignored": {
			{deliver: 5}, {done: 4}, {done: 6}, {done: 5, want: 6},
		},
		"a second mark of a record is ignored": {
			{deliver: 5}, {deliver: 6}, {done: 6}, {done: 6}, {done: 5, want: 7}, {done: 5}, {done: 6},
		},
		"a record delivered twice is tracked once": {
			{deliver: 5}, {deliver: 5}, {deliver: 4}, {done: 5, want: 6}, {done: 4},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var tr inorder.Tracker
			for i, a := range acts {
				if a.deliver > 0 {
					tr.Deliver(a.deliver, 1)
					continue
				}
				got, ok := tr.Done(a.done)
				if got != a.want || ok != (a.want > 0) {
					t.Errorf("step %d: Done(%d) = %d, %v, want %d", i, a.done, got, ok, a.want)
				}
			}
		})
	}
}

// naive is a tracker that is simple enough to be right.
type naive struct {
	order []int64
	sizes []int
	done  map[int64]bool
	upto  int // finished prefix of order
}

func (n *naive) deliver(offset int64, size int) {
	n.order, n.sizes = append(n.order, offset), append(n.sizes, size)
}

func (n *naive) bytes() (sum int) {
	for _, size := range n.sizes[n.upto:] {
		sum += size
	}
	return sum
}

func (n *naive) finish(offset int64) (int64, bool) {
	for _, o := range n.order {
		if o == offset {
			n.done[offset] = true
		}
	}
	before := n.upto
	for n.upto < len(n.order) && n.done[n.order[n.upto]] {
		n.upto++
	}
	if n.upto == before {
		return 0, false
	}
	return n.order[n.upto-1] + 1, true
}

func TestTrackerDoesWhatANaiveOneDoes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		var script []byte
		for range 300 {
			script = binary.BigEndian.AppendUint16(script, uint16(rnd.Uint32()))
		}
		compare(t, script)
	}
}

func FuzzTracker(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 1, 2, 1, 1})
	f.Fuzz(compare)
}

// compare runs a script of pairs (what, which) on both trackers.
func compare(t *testing.T, script []byte) {
	t.Helper()
	var tr inorder.Tracker
	n := naive{done: map[int64]bool{}}
	next := int64(0)
	for ; len(script) > 1; script = script[2:] {
		what, which := script[0], int64(script[1])
		if what%3 == 0 {
			next += 1 + which%4 // gaps
			tr.Deliver(next, int(which))
			n.deliver(next, int(which))
			continue
		}
		offset := next - which%16
		got, ok := tr.Done(offset)
		want, wantOK := n.finish(offset)
		if got != want || ok != wantOK {
			t.Fatalf("Done(%d) = %d, %v, want %d, %v", offset, got, ok, want, wantOK)
		}
		if tr.Open() != len(n.order)-n.upto || tr.Bytes() != n.bytes() {
			t.Fatalf("%d records of %d bytes are open, want %d of %d", tr.Open(), tr.Bytes(), len(n.order)-n.upto, n.bytes())
		}
	}
}

func BenchmarkTracker(b *testing.B) {
	b.ReportAllocs()
	const window = 256
	var tr inorder.Tracker
	for i := range int64(b.N) {
		tr.Deliver(i, 20_000)
		tr.Done(i - window)
	}
}
