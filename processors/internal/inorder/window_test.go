package inorder

import (
	"testing"

	"github.com/IBM/sarama"
)

// full reports whether nothing may be delivered now.
func (w *window) full() bool {
	stop := make(chan struct{})
	close(stop)
	for len(w.free) > 0 { // a note of what was finished would let it try again
		<-w.free
	}
	return !w.wait(stop)
}

func TestAWindowIsFull(t *testing.T) {
	finish := func(w *window, offset int64) { w.done(offset, func(int64) {}) }
	t.Run("at so many records, until the oldest is finished", func(t *testing.T) {
		depth := 0
		w := newWindow(func(delta int) { depth += delta })
		for i := range int64(MaxRecords) {
			if w.full() {
				t.Fatalf("full after %d records", i)
			}
			w.deliver(i, 1)
		}
		finish(w, 1)
		if !w.full() {
			t.Error("not full although the oldest record is not finished")
		}
		if finish(w, 0); w.full() || depth != MaxRecords-2 {
			t.Errorf("full with %d records left", depth)
		}
	})
	t.Run("at so many bytes", func(t *testing.T) {
		w := newWindow(func(int) {})
		w.deliver(0, MaxBytes-1)
		if w.full() {
			t.Error("full below the bound")
		}
		w.deliver(1, 1)
		if !w.full() {
			t.Error("not full at the bound")
		}
		if finish(w, 0); w.full() {
			t.Error("full with one byte left")
		}
	})
}

func TestAWindowGivesHeadersOnce(t *testing.T) {
	w := newWindow(func(int) {})
	one, other := []*sarama.RecordHeader{{Key: []byte("one")}}, []*sarama.RecordHeader{{Key: []byte("other")}}
	w.carry(7, one)
	w.carry(8, nil)
	w.carry(9, one)
	w.carry(9+MaxRecords, other)
	for _, c := range []struct {
		what   string
		offset int64
		want   []*sarama.RecordHeader
	}{
		{"a record that was delivered", 7, one},
		{"one whose headers were taken", 7, nil},
		{"one without headers", 8, nil},
		{"one in whose place another came", 9, nil},
		{"that other", 9 + MaxRecords, other},
		{"one that was not delivered", 10, nil},
		{"none at all", 0, nil},
	} {
		if got := w.take(c.offset); len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
