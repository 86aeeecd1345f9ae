// Package load gets batches into the search store.
//
//	Take ──work──► pack ──load──► carry × N ──► Owner.Settled
//	(budget)       (bulk body)    (send, repeat, repair, put aside)
//
// A Loader holds at most its budget of bytes: Take waits above it. Work ends in
// Owner.Settled exactly once, after each of its events is in the store, in the dead
// letters or dropped; or silently, when its owner is gone and it will be delivered
// again. Documents are created under their event ids, so sending twice does no harm.
// While the store is away carriers wait with what they hold.
package load
