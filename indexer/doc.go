// Package indexer carries the event batches of the app topics (`logs.*`) into the
// search store.
//
// Promises. Every event ends as exactly one of: a document (once, under its event
// id), a dead letter in topic.DeadLogs with its cause, or dropped as expired, and
// is counted as such. A record's offset is committed only after it and every
// earlier one of its partition has ended so; a process may be killed at any moment:
// what was not committed is delivered again, and the store answers "already there"
// for what it has. While the store is away or overloaded the indexer waits, holding a
// bounded number of bytes, and goes on by itself. While one index takes nothing (it is closed
// or blocked and its period lasts, its shards are away, it cannot be made) its documents wait
// so, and all others go on. What comes late for an index that was put away when its period
// was over is a dead letter.
//
// Retention. A batch says how many days its events are kept after the period of
// their index has ended; what comes later is expired. An index remembers, in its
// mapping, the longest retention of what went into it, is deleted when that is over,
// and never remembers less: events of several collections in one index live as long
// as the longest of them. Indices that say nothing live for Config.Retention.
//
// Run owns every goroutine it starts and returns within seconds of its context's
// end, after all of them.
package indexer
