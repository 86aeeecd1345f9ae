// Package demo is a small shop that does nothing but write logs: an nginx access log, an
// application log of JSON objects, and the log of its background jobs. It is what a
// newcomer looks at, so it behaves: visitors walk from the front page to the checkout,
// robots come by, and every few minutes something breaks for a while, which shows as
// 5xx in the access log and as errors with the same request id in the application log.
//
// Shop is the pure core: seeded, without a clock or a file. The same seed and start give
// the same lines however often it is asked. Run feeds it the time and writes what it
// says to files that are rotated by renaming; it owns no goroutine but its caller's. It
// promises nothing of its files: they are a toy's.
package demo
