// Package consume reads the app topics as a member of the indexers' consumer group
// and hands their records to a Sink.
//
// An offset is committed only when it and all earlier ones of its partition are
// settled. When a partition is taken away, reading stops, what is in flight gets a
// few seconds, the settled prefix is committed, and the rest is let go: another
// member gets it again.
//
// New topics are found by asking Kafka for its topics (every half second, and less
// often where that takes long): Kafka is the truth about which topics there are,
// the answer is small, and the indexer needs no etcd for it.
package consume
