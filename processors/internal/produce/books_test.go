package produce

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBooksHoldWhatWasNotTaken compares books with a list that is simple enough to be right.
func TestBooksHoldWhatWasNotTaken(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	t.Log("seed", seed)
	b, other := &books{}, &books{}
	var all, want []*item
	for range 5000 {
		switch {
		case len(all) == 0 || random.IntN(2) == 0:
			it := &item{}
			all = append(all, it)
			if random.IntN(10) == 0 {
				other.add(it)
				continue
			}
			b.add(it)
			want = append(want, it)
		default:
			it := all[random.IntN(len(all))]
			i := slices.Index(want, it)
			if b.has(it) != (i >= 0) || b.take(it) != (i >= 0) {
				t.Fatal("an item is where it is not")
			}
			if i >= 0 {
				want = slices.Delete(want, i, i+1)
			}
		}
		var got []*item
		for it := b.first; it != nil; it = it.behind {
			got = append(got, it)
		}
		if !slices.Equal(got, want) || b.count != len(want) {
			t.Fatalf("%d items, count %d, want %d", len(got), b.count, len(want))
		}
	}
}
