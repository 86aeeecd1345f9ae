// Package produce is the producer of the processors: the one that goka gets for
// its tables, and the one through which steps emit to any topic.
//
// It promises that a message, once sent, is written (acknowledged by all replicas),
// or replaced by a dead letter that is, or given up because its session ended; only
// then is its Done called, exactly once. It re-sends by itself, because sarama
// returns messages whenever metadata is missing, whatever its retry settings say.
//
// Messages may be written twice. Of the table emits for one key one is under way at a
// time, and of those that come meanwhile only the newest is sent: it is the last in the
// topic, and those it stands for are resolved with it.
//
// A [Producer] works through a lane, one sarama client and producer. Abort kills
// the lane, so that nothing of an ended session reaches Kafka after another
// instance has taken its partitions; Open makes the next. The producer owns the
// goroutines of its lane; they end at Abort, and Close waits for them. It queues
// without limit by itself; what bounds it is the in-order window in front of steps.
package produce
