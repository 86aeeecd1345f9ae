// Package heal builds the local storage of goka's tables so that a bad local copy
// never stops or misleads a processor.
//
// A local copy is a cache of its topic. It is wiped, and goka reads the topic
// again, when it will not open, when it failed while in use, when it is ahead of
// its topic, when the topic is not the one it was made from, and when it was not closed,
// or not by a session that had its partition until then: such a session may have written
// values behind those of another that it has not read. Goka by itself ends
// for good on the first and on an empty topic, and silently uses a stale copy in
// the other cases. Wiping loses nothing: what only the local copy knew belongs to
// records that are not committed and will be delivered again.
//
// Called by goka for each partition at the start of a session, one goroutine each.
// The package starts no goroutine itself; goka's storage owns one until Close.
package heal
