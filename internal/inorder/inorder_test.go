package inorder_test

import (
	"math/rand/v2"
	"testing"

	"github.com/millrace/millrace/internal/inorder"
)

func TestTracker(t *testing.T) {
	type step struct {
		done  int64
		next  int64
		grown bool
	}
	for name, tc := range map[string]struct {
		deliver []int64
		steps   []step
		open    int
	}{
		"records that end in order are committed one by one": {
			[]int64{5, 6, 7}, []step{{5, 6, true}, {6, 7, true}, {7, 8, true}}, 0,
		},
		"a record that ends early waits for those before it": {
			[]int64{5, 6, 7}, []step{{7, 0, false}, {6, 0, false}, {5, 8, true}}, 0,
		},
		"gaps between offsets do not hold a commit back": {
			[]int64{5, 9, 20}, []step{{9, 0, false}, {5, 10, true}}, 1,
		},
		"a record that is finished twice counts once": {
			[]int64{5, 6}, []step{{6, 0, false}, {6, 0, false}, {5, 7, true}, {5, 0, false}}, 0,
		},
		"an unknown offset changes nothing": {
			[]int64{5}, []step{{4, 0, false}, {6, 0, false}}, 1,
		},
		"an offset that does not ascend is ignored": {
			[]int64{5, 5, 4}, []step{{5, 6, true}}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var tr inorder.Tracker
			for _, o := range tc.deliver {
				tr.Deliver(o)
			}
			for _, s := range tc.steps {
				if next, grown := tr.Done(s.done); next != s.next || grown != s.grown {
					t.Errorf("Done(%d) = %d, %v; want %d, %v", s.done, next, grown, s.next, s.grown)
				}
			}
			if tr.Open() != tc.open {
				t.Errorf("Open() = %d, want %d", tr.Open(), tc.open)
			}
		})
	}
}

// TestTrackerMatchesModel compares random histories with the plainest model: a
// commit may name an offset only when everything below it is finished.
func TestTrackerMatchesModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for range 200 {
		var (
			tr        inorder.Tracker
			offset    int64
			delivered []int64
			finished  = map[int64]bool{}
			committed int64
		)
		for range 200 {
			if len(delivered) == 0 || rnd.IntN(2) == 0 {
				offset += 1 + int64(rnd.IntN(3))
				tr.Deliver(offset)
				delivered = append(delivered, offset)
			} else {
				o := delivered[rnd.IntN(len(delivered))]
				finished[o] = true
				if next, grown := tr.Done(o); grown {
					committed = next
				}
			}
			want := int64(0)
			for _, o := range delivered {
				if !finished[o] {
					break
				}
				want = o + 1
			}
			if committed != want {
				t.Fatalf("committed %d, model says %d", committed, want)
			}
		}
	}
}
