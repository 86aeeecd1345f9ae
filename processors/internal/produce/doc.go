// Package produce is the producer of the processors: the one that goka gets for
// its tables, and the one through which steps emit to any topic.
//
// It promises that a message, once sent, is written (acknowledged by all replicas),
// or replaced by a dead letter that is, or given up because its session ended; only
// then is its Done called, exactly once. It re-sends by itself what Kafka's client gives
// up: that fails all records of a partition with the first, and those whose topic is not
// there. A dead letter replaces only what was refused when it was alone in its batch.
//
// Messages may be written twice. Of the table emits for one key one is under way at a
// time, and of those that come meanwhile only the newest is sent: it is the last in the
// topic, and those it stands for are resolved with it.
//
// A value may be packed: then its blocks go into the batch as they are, and consumers
// read their plain text. See package packed and docs/adr/0011.
//
// A [Producer] works through a lane, with Kafka clients of its own. Abort kills
// the lane, so that nothing of an ended session reaches Kafka after another
// instance has taken its partitions; Open makes the next. The producer owns the
// goroutines of its lane; they end at Abort, and Close waits for them. A lane holds up to
// 10,000 records or 64 MiB, and those who send more wait; what has failed is queued
// without limit, and bounded by the in-order window in front of steps.
package produce
