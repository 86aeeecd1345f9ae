package inorder

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
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
			var tr Tracker
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

func TestATrackerIsFull(t *testing.T) {
	t.Run("at so many records, until the oldest is finished", func(t *testing.T) {
		var tr Tracker
		for i := range int64(MaxRecords) {
			if tr.Full() {
				t.Fatalf("full after %d records", i)
			}
			tr.Deliver(i, 1)
		}
		tr.Done(1)
		if !tr.Full() {
			t.Error("not full although the oldest record is not finished")
		}
		if tr.Done(0); tr.Full() || tr.Len() != MaxRecords-2 {
			t.Errorf("full with %d records left", tr.Len())
		}
	})
	t.Run("at so many bytes", func(t *testing.T) {
		var tr Tracker
		tr.Deliver(0, MaxBytes-1)
		if tr.Full() {
			t.Error("full below the bound")
		}
		tr.Deliver(1, 1)
		if !tr.Full() {
			t.Error("not full at the bound")
		}
		if tr.Done(0); tr.Full() {
			t.Error("full with one byte left")
		}
	})
}

// naive is a tracker that is simple enough to be right.
type naive struct {
	order []int64
	done  map[int64]bool
	upto  int // finished prefix of order
}

func (n *naive) deliver(offset int64) { n.order = append(n.order, offset) }

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
	var tr Tracker
	n := naive{done: map[int64]bool{}}
	next := int64(0)
	for ; len(script) > 1; script = script[2:] {
		what, which := script[0], int64(script[1])
		if what%3 == 0 && !tr.Full() {
			next += 1 + which%4 // gaps
			tr.Deliver(next, int(which))
			n.deliver(next)
			continue
		}
		offset := next - which%16
		got, ok := tr.Done(offset)
		want, wantOK := n.finish(offset)
		if got != want || ok != wantOK {
			t.Fatalf("Done(%d) = %d, %v, want %d, %v", offset, got, ok, want, wantOK)
		}
		if tr.Len() != len(n.order)-n.upto {
			t.Fatalf("Len() = %d, want %d", tr.Len(), len(n.order)-n.upto)
		}
	}
}

func BenchmarkTracker(b *testing.B) {
	b.ReportAllocs()
	var tr Tracker
	for i := range int64(b.N) {
		tr.Deliver(i, 20_000)
		if tr.Full() {
			tr.Done(i - MaxRecords + 1)
		}
	}
}
