package refine

import "sync"

// Memory is what the value of a plain batch lies in. Whoever has written the batch frees it,
// and the next ones lie there: without that most of what a small record costs the allocator
// would be this.
type Memory struct{ bytes []byte }

// mostKept is the largest memory that is used again; larger ones are rare.
const mostKept = 64 << 10

// firstRoom is as much as three lines make.
const firstRoom = 4 << 10

var memories = sync.Pool{New: func() any { return &Memory{bytes: make([]byte, 0, firstRoom)} }}

// Free gives the memory to the batches to come. Nobody may read the batch's value any more,
// nor call Free again.
func (m *Memory) Free() {
	if cap(m.bytes) <= mostKept {
		memories.Put(m)
	}
}
