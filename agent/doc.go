// Package agent reads the log files of one host and ships them to Kafka.
//
// It follows the collections in etcd (read-only), finds their files, reads them
// and writes raw records (schemas/record) to the raw topic and beats
// (schemas/status) to the agents topic.
//
// What it promises: every complete line of a matching file is in the raw topic,
// in order, whatever is renamed, truncated, deleted or killed meanwhile; what
// could not be read is there as a gap with its cause. A record may be written
// twice after a failure, but then it is the same record: same writer, same
// number, same bytes. Nothing counts as shipped before all replicas of Kafka
// have it. Kafka down means that reading stops: the file is the buffer. etcd down
// means that the last good configuration goes on.
//
// What it does not promise: bytes that were cut away or deleted before they could
// be read are lost (and reported, but for files that came and went while the agent was
// down: docs/reliability.md); after a power failure the last second may be
// shipped again under other record boundaries, with the same event ids.
//
// [New] starts nothing. [Agent.Run] owns every goroutine and ends after all of
// them. The parts are in agent/internal.
package agent
