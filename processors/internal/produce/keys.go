package produce

// keys knows the emits of each table key that are not written. One of them is under
// way; of those behind it only the newest will be sent, and the others are resolved
// with it. So the newest is the last in the topic, and a key that changes faster than
// Kafka answers costs no more than one that does not. Pure, guarded by the producer's
// lock.
type keys map[string]key

type key struct {
	under *item // handed over, or failed and to be sent again
	next  *item // the newest behind it; nil for none
}

// sent registers an emit and reports whether it may go now. If not it waits for the
// one under way.
func (ks keys) sent(it *item) bool {
	k := ks[it.Key]
	if k.under == nil {
		ks[it.Key] = key{under: it}
		return true
	}
	it.older = k.next
	ks[it.Key] = key{k.under, it}
	return false
}

// wrote takes note that the emit under way is written, and returns the one that may
// go now, nil for none.
func (ks keys) wrote(it *item) (next *item) {
	if next = ks[it.Key].next; next == nil {
		delete(ks, it.Key)
		return nil
	}
	ks[it.Key] = key{under: next}
	return next
}

// again returns what to send when the emit under way has failed: the newest of its key.
func (ks keys) again(it *item) *item {
	next := ks[it.Key].next
	if next == nil {
		return it
	}
	oldest := it
	for oldest.older != nil {
		oldest = oldest.older
	}
	oldest.older, next.older = next.older, it
	ks[it.Key] = key{under: next}
	return next
}
