// Package adopt makes raw records of what other shippers (rsyslog, Fluent Bit,
// Filebeat, kcat) write to Kafka topics of their own.
//
//	etcd ─► claims ─► one processor for each foreign topic ─► raw
//	                  (group adopt-<topic>)                └─► dead.adopt
//
// A collection names the topics it adopts. They are followed live: a topic is
// read from its oldest record as soon as a collection names it, and no longer
// when none does. Where several do, the one with the highest priority has it,
// then the first by name. Each topic has a processor of its own, for goka refuses
// inputs with unequal partition counts.
//
// # What a foreign record becomes
//
// One event: the whole value, line feeds inside included, less one line end. Its
// bytes are untouched. A value that is larger than a raw record travels in parts.
//
//   - host, and key: the foreign record's key if it is a host name that the
//     collection's selector covers; else its header "host"; else "unknown", if
//     the selector covers that. Else the record is a dead letter.
//   - writer: "topic/partition", numbered by the offset (+1). Its nonce is made
//     of the topic's id, so that a topic that was deleted and made again is
//     another writer. Part n of a value has the nonce + n - 1.
//   - src: hash of the topic's name, its id and the partition; off: the offset;
//     gen: n - 1 for part n, else 0. Offsets count records here, not bytes.
//   - at: the foreign record's timestamp; path: kafka://topic/partition.
//
// All of that is a function of the foreign record, so that one which is adopted
// again after a crash has the same event ids and is not counted twice. Only the
// revision is that of the moment: if the collection was changed meanwhile, the
// second copy may be parsed by another pipeline; its id is the same.
//
// A topic's id is asked for when its processor starts. Make a topic again only
// while no collection names it.
//
// # Dead letters
//
// Reasons: empty (no value, nothing to index), no_host, no_timestamp (a record
// without a time has no place in an index), and those of package processors.
//
// Run owns all goroutines and ends them before it returns.
package adopt
