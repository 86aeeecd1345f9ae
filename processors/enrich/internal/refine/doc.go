// Package refine is the pure core of enrich: one raw record and the revisions
// it names in, batches of ECS documents, dead letters and counts out.
//
// It has no Kafka, etcd, clock, disk, log or goroutine. The same record with the
// same revisions gives the same output, byte for byte: that is what makes
// delivering it again harmless. Every event of a record ends in exactly one of
// three: a batch, Tally.Dropped, or a dead letter (Tally.Dead).
//
// A [Worker] reuses its memory from record to record and belongs to one
// goroutine; a [Revision] is shared by all of them. The bytes handed out in an
// [Output] are fresh and belong to the receiver.
package refine
