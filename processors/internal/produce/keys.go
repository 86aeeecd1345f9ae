package produce

// keys knows, for each table key with emits under way, which emit is the newest.
// It decides what becomes of a failed one; pure, guarded by the producer's lock.
type keys map[string]*key

type key struct {
	newest  *item
	under   int     // emits under way
	written uint64  // number of the newest emit that is written
	chained []*item // failed and superseded: they share the fate of the newest
}

// sent registers an emit.
func (ks keys) sent(it *item) {
	k := ks[it.Key]
	if k == nil {
		k = &key{}
		ks[it.Key] = k
	}
	k.newest = it
	k.under++
}

// wrote takes note of a written emit and returns the superseded ones that are
// resolved with it.
func (ks keys) wrote(it *item) (resolved []*item) {
	k := ks[it.Key]
	k.written = max(k.written, it.number)
	rest := k.chained[:0]
	for _, c := range k.chained {
		if c.number < k.written {
			resolved = append(resolved, c)
		} else {
			rest = append(rest, c)
		}
	}
	k.chained = rest
	ks.settle(it.Key, 1+len(resolved))
	return resolved
}

// verdict on an emit that is not written and may have to be sent again.
type verdict int

const (
	sendAgain  verdict = iota // it is the newest
	wait                      // a newer one is under way and decides
	superseded                // a newer one is written
)

// judge says what to do with an unwritten emit, and does the bookkeeping for it.
func (ks keys) judge(it *item) verdict {
	k := ks[it.Key]
	switch {
	case k.written > it.number:
		ks.settle(it.Key, 1)
		return superseded
	case k.newest != it:
		k.chained = append(k.chained, it)
		return wait
	}
	return sendAgain
}

func (ks keys) settle(name string, n int) {
	k := ks[name]
	if k.under -= n; k.under == 0 {
		delete(ks, name)
	}
}
