// Package api is the REST API under /api/v1: what a request means in terms of the
// store, the finder and the tables, and what their errors mean to a client.
//
// Handlers keep nothing between requests. Every error is a problem (RFC 9457) whose
// errors name the place: a key path of the config, or query.<parameter>. The
// description at /api/v1/openapi.json is made from the code that answers, and a test
// holds the two together.
package api
