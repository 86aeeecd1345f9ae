// Package volume is one file of the embedded search store: the documents of one day (UTC, by @timestamp) in SQLite.
//
// A day has one volume; more only when it has more streams than one can number (see Limits.Streams). A document's row
// number is packed from the second of the day, its stream and a sequence number, so the primary key is the order of time
// and each hit of the full-text index carries time and stream: histograms, facets and filters by app, host, level and
// index need no look-up. A stream is one combination of the index and the values of document.StreamFields; streams that
// hold more than 1,024 documents in one second get further numbers.
//
// What the full-text index cannot say exactly (package document tells which values have no token, or share one), it
// narrows down, and the documents decide. Ranges over document.Enums are a choice among the values that the volume has.
//
// Promise: what Commit has returned for is on disk (WAL, synchronous FULL); a transaction that did not commit leaves
// nothing. A document's _id is unique within its index in a volume. The caller sees to it that an _id never moves to
// another day, which holds where id and @timestamp are functions of the same record.
//
// A file that is not as it was written gives errors that wrap ErrUnreadable, when it is opened or when the damage is met;
// it is neither repaired nor deleted. Not noticed are bytes that changed within the text of a document and leave it valid
// JSON, and a write-ahead log that lost its end.
//
// One goroutine at a time writes (Begin … Commit); Search, Get and the like may run concurrently with it and each other,
// each on a snapshot. The package starts no goroutines. Close ends searches that
// run with ErrClosed.
package volume
