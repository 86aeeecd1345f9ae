// Package load gets batches into the search store.
//
//	Take ──work──► pack ──load──► carry × N ──► Owner.Settled
//	(budget)       (bulk body)    (send, repeat, repair, put aside)
//	                   ▲              │ refused for now
//	                   │              ▼
//	                   └─load── probe ◄─► room (a line for each index)
//
// A Loader holds at most its budget of bytes, and a topic at most its share: Take waits above
// it. Work ends in Owner.Settled exactly once, after each of its events is in the store, in
// the dead letters or dropped; or silently, when its owner is gone and it will be delivered
// again. Documents are created under their event ids, so sending twice does no harm.
// While the store is away carriers wait with what they hold. What one index refuses for now
// they leave in the room, and go on; the ledger knows which events of whose record are where.
package load
