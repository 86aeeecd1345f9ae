// Package elastic reaches the search store: Elasticsearch, or the embedded store
// that speaks the same part of its REST API.
//
// It holds one configuration, a client without retries of its own (callers know
// what may be repeated), and one reading of what a failure means. It keeps no
// state and starts no goroutine; secrets appear in no error and no text.
package elastic
