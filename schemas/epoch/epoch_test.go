package epoch_test

import (
	"math"
	"math/rand/v2"
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
	const one = 1 << 32
	for name, c := range map[string]struct {
		newest     uint64
		generation int32
		want       uint64
	}{
		"the first":                            {0, 1, one + 1},
		"the next generation":                  {3*one + 4, 5, 4*one + 5},
		"the same generation, a static member": {3*one + 4, 4, 4*one + 4},
		"the group was forgotten":              {3*one + 400, 1, 5*one + 1},
		"after a version without halves":       {400, 401, one + 401},
		"no generation":                        {2, -1, 2 * one},
		"the last generation":                  {one + math.MaxInt32, math.MaxInt32, 2*one + math.MaxInt32},
	} {
		o := epoch.After(c.newest)
		if got := o.Next(c.generation); got != c.want {
			t.Errorf("%s: after %#x in generation %d: %#x, want %#x", name, c.newest, c.generation, got, c.want)
		}
	}
}

// Writers take a partition from each other, with or without having written; each of them may
// write once more later on, and the group may be forgotten in between.
func TestValuesOfTheOwnerCountAndThoseOfItsPredecessorsDoNot(t *testing.T) {
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var log, earlier []uint64
		generation := int32(0)
		for range 20 {
			o := read(log)
			// a young group that is forgotten cannot be told from one that was not
			forgotten := o.Newest()&math.MaxUint32 > 3 && rnd.IntN(3) == 0
			if forgotten {
				generation = 0
			}
			generation += 1 + rnd.Int32N(3)
			mine := o.Next(generation)
			writes := rnd.IntN(3)
			if forgotten || len(log) == 0 {
				writes++ // until then nobody can know that it was
			}
			for range writes {
				if log = append(log, mine); !o.Admits(epoch.Encode(mine)) {
					t.Fatalf("seed %d: the owner's last does not count in %#x", seed, log)
				}
				if len(earlier) == 0 {
					continue
				}
				late := earlier[rnd.IntN(len(earlier))]
				if log = append(log, late); o.Admits(epoch.Encode(late)) {
					t.Fatalf("seed %d: the last counts in %#x, and came late", seed, log)
				}
			}
			earlier = append(earlier, mine)
		}
	}
}

// read is the order of who has read a log.
func read(log []uint64) (o epoch.Order) {
	for _, e := range log {
		o.Admits(epoch.Encode(e))
	}
	return o
}
