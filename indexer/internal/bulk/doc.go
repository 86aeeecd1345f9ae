// Package bulk is the pure part of the indexer: it reads event batches, makes
// bulk bodies of their documents, reads the store's answers, and says what each
// answer means for its event.
//
// Nothing here knows Kafka, HTTP, a clock or a goroutine. On the hot path documents
// are copied and never parsed; a document is parsed only after the store has
// refused it.
package bulk
