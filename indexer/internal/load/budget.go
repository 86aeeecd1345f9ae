package load

import (
	"container/list"
	"context"
	"sync"
)

// waitingShare and freeShare bound what an app may hold whose documents wait for their index:
// a quarter of what it leaves free, counted above the eighth of the budget that is only for
// those that do not wait. All others may hold as much as they leave free.
const (
	waitingShare = 4
	freeShare    = 8
)

// budget bounds the bytes that are held, and what each topic may hold of them: as much as
// is free after it, or, when documents of it wait, a share of that. So there is room for the
// next topic however many got stuck, one after the other, as what waits is not given back.
// One that holds nothing may have a record in any case, if there is room. Who must wait for
// room is served in the order of coming; who waits for a share of its own is passed by. Safe
// for concurrent use.
type budget struct {
	total int64

	mu     sync.Mutex
	used   int64
	topics map[string]*account
	queue  list.List // of *waiter
	full   bool      // somebody in the queue waits for room, not for a share
}

// account is what one topic holds; topics that hold nothing have none.
type account struct {
	held    int64
	works   int // that hold it; there are some of no bytes
	waiting int // documents that wait for their index
}

type waiter struct {
	topic string
	bytes int64
	in    chan struct{} // closed when it has its bytes
}

func newBudget(total int64) *budget { return &budget{total: total, topics: map[string]*account{}} }

// acquire waits for n bytes, at most the total. It fails only when ctx ends.
func (b *budget) acquire(ctx context.Context, topic string, n int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	if !b.full && b.takeLocked(topic, n) {
		b.mu.Unlock()
		return nil
	}
	w := &waiter{topic, n, make(chan struct{})}
	place := b.queue.PushBack(w)
	b.full = b.full || b.used+n > b.total
	b.mu.Unlock()
	select {
	case <-w.in:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-w.in: // at the same time
		b.giveLocked(topic, n, 1)
	default:
		b.queue.Remove(place)
	}
	b.serveLocked()
	return ctx.Err()
}

// release gives back the bytes of works.
func (b *budget) release(works []pending) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(works) > 0 {
		topic, bytes, n := works[0].Topic, int64(0), 0
		for ; n < len(works) && works[n].Topic == topic; n++ {
			bytes += works[n].Bytes
		}
		b.giveLocked(topic, bytes, n)
		works = works[n:]
	}
	b.serveLocked()
}

// wait notes that so many documents of a topic more, or fewer, wait for their index.
func (b *budget) wait(topic string, docs int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accountLocked(topic)
	a.waiting += docs
	if a.waiting == 0 {
		b.closeLocked(topic, a)
		b.serveLocked()
	}
}

// waits reports whether documents of a topic wait for their index.
func (b *budget) waits(topic string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.topics[topic]
	return a != nil && a.waiting > 0
}

func (b *budget) accountLocked(topic string) *account {
	a := b.topics[topic]
	if a == nil {
		a = &account{}
		b.topics[topic] = a
	}
	return a
}

// closeLocked drops an account that has nothing.
func (b *budget) closeLocked(topic string, a *account) {
	if *a == (account{}) {
		delete(b.topics, topic)
	}
}

// takeLocked takes n bytes for a topic if they are within its share.
func (b *budget) takeLocked(topic string, n int64) bool {
	free := b.total - b.used - n
	if free < 0 {
		return false
	}
	a := b.accountLocked(topic)
	share := free
	if a.waiting > 0 {
		share = (free - b.total/freeShare) / waitingShare
	}
	if a.held > 0 && a.held+n > share {
		return false
	}
	a.held += n
	a.works++
	b.used += n
	return true
}

// giveLocked gives back the n bytes of some works of a topic.
func (b *budget) giveLocked(topic string, n int64, works int) {
	a := b.topics[topic]
	a.held -= n
	a.works -= works
	b.used -= n
	b.closeLocked(topic, a)
}

// serveLocked lets in who fits, up to the first that there is no room for at all.
func (b *budget) serveLocked() {
	b.full = false
	for place := b.queue.Front(); place != nil; {
		w, _ := place.Value.(*waiter)
		next := place.Next()
		if b.used+w.bytes > b.total {
			b.full = true
			return
		}
		if b.takeLocked(w.topic, w.bytes) {
			b.queue.Remove(place)
			close(w.in)
		}
		place = next
	}
}
