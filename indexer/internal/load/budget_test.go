package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
)

// fill takes records of n bytes for a topic as long as there is room, and returns how many
// bytes those were.
func fill(t *testing.T, b *budget, topic string, n int64) (held int64) {
	t.Helper()
	for {
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() { failed <- b.acquire(ctx, topic, n) }()
		synctest.Wait()
		cancel()
		if <-failed != nil {
			return held
		}
		held += n
	}
}

func give(b *budget, topic string, n int64) {
	b.release([]pending{{Work: Work{Topic: topic, Bytes: n}}})
}

func TestBudget(t *testing.T) {
	const total = 1000
	for name, tc := range map[string]struct {
		do   func(*testing.T, *budget) int64
		want int64
	}{
		"a topic alone may hold a half": {func(t *testing.T, b *budget) int64 {
			t.Helper()
			return fill(t, b, "a", 1)
		}, total / 2},
		"the next may hold a half of the rest": {func(t *testing.T, b *budget) int64 {
			t.Helper()
			fill(t, b, "a", 1)
			return fill(t, b, "b", 1)
		}, total / 4},
		"a topic that waits may hold a fifth of all but an eighth": {func(t *testing.T, b *budget) int64 {
			t.Helper()
			b.wait("a", 1)
			return fill(t, b, "a", 1)
		}, total * 7 / 8 / 5},
		"what a topic held before it waited it may keep, and no more": {func(t *testing.T, b *budget) int64 {
			t.Helper()
			fill(t, b, "a", 1)
			b.wait("a", 1)
			give(b, "a", 10)
			return fill(t, b, "a", 1)
		}, 0},
		"a topic that waits no more has its share again": {func(t *testing.T, b *budget) int64 {
			t.Helper()
			b.wait("a", 5)
			held := fill(t, b, "a", 1)
			b.wait("a", -5)
			return held + fill(t, b, "a", 1)
		}, total / 2},
		"thirty topics that wait, one after the other, leave more than a tenth": {func(t *testing.T, b *budget) int64 {
			t.Helper()
			for n := range 30 {
				b.wait(fmt.Sprint(n), 1)
				fill(t, b, fmt.Sprint(n), 1)
			}
			return min(total-b.used, total/10)
		}, total / 10},
		"who holds nothing may have one record, however large": {func(t *testing.T, b *budget) int64 {
			t.Helper()
			return fill(t, b, "a", 600)
		}, 600},
		"a record of no bytes is held as long as others are": {func(t *testing.T, b *budget) int64 {
			t.Helper()
			for _, n := range []int64{5, 0} {
				if err := b.acquire(t.Context(), "a", n); err != nil {
					t.Error(err)
				}
			}
			give(b, "a", 5)
			give(b, "a", 0)
			return b.used + int64(len(b.topics))
		}, 0},
		"nobody has more than there is": {func(t *testing.T, b *budget) int64 {
			t.Helper()
			return fill(t, b, "a", 600) + fill(t, b, "b", 600)
		}, 600},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := tc.do(t, newBudget(total)); got != tc.want {
					t.Errorf("%d bytes, want %d", got, tc.want)
				}
			})
		})
	}
}

// Room goes to those who came first, past those who only wait for a share of their own.
func TestBudgetIsServedInTheOrderOfComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100)
		b.wait("stuck", 1)
		fill(t, b, "stuck", 1)
		fill(t, b, "a", 40)
		var mu sync.Mutex
		var order []string
		var all sync.WaitGroup
		for _, w := range []struct {
			topic string
			bytes int64
		}{{"stuck", 1}, {"big", 60}, {"small", 1}} {
			all.Go(func() {
				if err := b.acquire(t.Context(), w.topic, w.bytes); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, w.topic)
			})
			synctest.Wait()
		}
		if len(order) > 0 {
			t.Errorf("%v were let in though there is no room for the first", order)
		}
		give(b, "a", 40)
		synctest.Wait()
		if fmt.Sprint(order) != "[big small]" && fmt.Sprint(order) != "[small big]" {
			t.Errorf("%v were let in", order)
		}
		b.wait("stuck", -1)
		give(b, "big", 60)
		all.Wait()
	})
}

// Whatever happens, the total holds, and nobody waits for ever.
func TestBudgetHoldsUnderAnyLoad(t *testing.T) {
	const total = 1000
	b := newBudget(total)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var all sync.WaitGroup
	for n := range 32 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(n)))
			topic := fmt.Sprint(n % 5)
			for range 500 {
				ctx, cancel := context.WithCancel(t.Context())
				if r.IntN(4) == 0 {
					cancel() // before or while it waits
				}
				size := r.Int64N(total + 1)
				if err := b.acquire(ctx, topic, size); err == nil {
					b.wait(topic, 1)
					b.wait(topic, -1)
					give(b, topic, size)
				}
				cancel()
			}
		})
	}
	all.Wait()
	if b.used != 0 || len(b.topics) != 0 || b.queue.Len() != 0 {
		t.Errorf("%d bytes, %d topics and %d waiters are left", b.used, len(b.topics), b.queue.Len())
	}
}
