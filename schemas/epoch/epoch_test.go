package epoch_test

import (
	"math"
	"testing"

	"github.com/millrace/millrace/schemas/epoch"
)

func TestWhatIsOlderThanSomethingBeforeItDoesNotCount(t *testing.T) {
	var o epoch.Order
	for i, step := range []struct {
		header []byte
		want   bool
	}{
		{nil, true},
		{epoch.Encode(3), true},
		{epoch.Encode(3), true},
		{epoch.Encode(7), true},
		{epoch.Encode(3), false},
		{nil, true},
		{[]byte("no epoch"[:3]), true},
		{epoch.Encode(6), false},
		{epoch.Encode(7), true},
	} {
		if got := o.Admits(step.header); got != step.want {
			t.Errorf("record %d: %v", i, got)
		}
	}
	if o.Newest() != 7 {
		t.Errorf("newest %d", o.Newest())
	}
}

func TestAWriterIsNewerThanAllBeforeIt(t *testing.T) {
	for _, c := range []struct {
		newest     uint64
		generation int32
		want       uint64
	}{
		{0, 0, 1}, {0, 1, 1}, {4, 9, 9}, {9, 4, 10}, {9, 9, 10}, {2, -1, 3}, {math.MaxInt32, math.MaxInt32, math.MaxInt32 + 1},
	} {
		o := epoch.After(c.newest)
		if got := o.Next(c.generation); got != c.want {
			t.Errorf("after %d in generation %d: %d, want %d", c.newest, c.generation, got, c.want)
		}
	}
}
