package live

import (
	"encoding/json"
	"sync"
)

const (
	// maxPending and maxBytes bound what waits for one browser: a burst of two full
	// batches. What comes on top is left out and counted.
	maxPending = 2000
	maxBytes   = 1 << 20
)

// Tail is what one browser watches. Its methods may be called by one goroutine.
type Tail struct {
	hub    *Hub
	filter filter
	wake   chan struct{}

	mu      sync.Mutex
	pending []byte
	update  Update
	chosen  []int // scratch of the dispatcher
}

// Update is what has happened in a tail.
type Update struct {
	// Hits are server-sent events of type hit, as many as Lines.
	Hits  []byte
	Lines int
	// Matched and Skipped count since the tail was opened: lines that match, and lines
	// that were left out because there were too many.
	Matched, Skipped uint64
	// Reading is set while the topics are followed: what is written from now on comes.
	Reading bool
	// Trouble is why they are not, nil while that is not known.
	Trouble error
	// Ended is set when nothing will come any more.
	Ended bool
}

// Wake says that Take has something new.
func (t *Tail) Wake() <-chan struct{} { return t.wake }

// Take returns what has happened since the last call. spare is the Hits of an earlier
// update, to be used again, or nil.
func (t *Tail) Take(spare []byte) Update {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.update
	u.Hits = t.pending
	t.pending, t.update.Lines = spare[:0], 0
	return u
}

// Close ends the tail.
func (t *Tail) Close() { t.hub.remove(t) }

// offer gives the tail the lines of a batch that it admits.
func (t *Tail) offer(b *batch) {
	if !b.open() {
		return
	}
	t.chosen = t.chosen[:0]
	for i := range b.lines {
		if t.filter.matches(b, i) {
			t.chosen = append(t.chosen, i)
		}
	}
	if len(t.chosen) == 0 {
		return
	}
	t.mu.Lock()
	taken := t.add(b, t.chosen)
	t.mu.Unlock()
	t.hub.metrics.hits.Add(float64(taken))
	t.hub.metrics.skipped.Add(float64(len(t.chosen) - taken))
	t.signal()
}

// add puts lines into what waits until it is full, and returns how many.
func (t *Tail) add(b *batch, lines []int) (taken int) {
	t.update.Matched += uint64(len(lines))
	for n, i := range lines {
		if t.update.Lines >= maxPending || len(t.pending) > 0 && len(t.pending)+len(b.lines[i]) > maxBytes {
			t.update.Skipped += uint64(len(lines) - n)
			return n
		}
		t.pending = appendHit(t.pending, b.manifest.IDs[i].String(), b.app, b.lines[i])
		t.update.Lines++
	}
	return len(lines)
}

// pass counts lines that nobody looked at.
func (t *Tail) pass(lines int) {
	t.mu.Lock()
	t.update.Skipped += uint64(lines)
	t.mu.Unlock()
	t.hub.metrics.skipped.Add(float64(lines))
}

// tell changes how the tail stands.
func (t *Tail) tell(change func(*Update)) {
	t.mu.Lock()
	change(&t.update)
	t.mu.Unlock()
	t.signal()
}

func (t *Tail) signal() {
	select {
	case t.wake <- struct{}{}:
	default: // it has not looked yet, and will see all
	}
}

// appendHit writes a server-sent event. Ids and apps need no escapes, and a line is one
// JSON document without line feeds.
func appendHit(dst []byte, id, app, line string) []byte {
	dst = append(dst, "event: hit\ndata: {\"id\":\""...)
	dst = append(append(dst, id...), `","app":"`...)
	dst = append(append(dst, app...), `","event":`...)
	return append(append(dst, line...), "}\n\n"...)
}

// AppendEvent writes a server-sent event whose data is JSON.
func AppendEvent(dst []byte, name string, data any) ([]byte, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return dst, err
	}
	dst = append(append(dst, "event: "...), name...)
	dst = append(append(dst, "\ndata: "...), b...)
	return append(dst, "\n\n"...), nil
}
