// Package wire is what the connections to Kafka, etcd and Elasticsearch have in
// common: secrets that are never printed, one set of TLS settings, and the reading
// of why a server and we do not come together.
//
// A [Refusal] is trouble that waiting does not cure: a wrong password, a
// certificate that is not trusted, TLS spoken to a port that does not. It is one
// line that says what is wrong, where, and what to do. A server that cannot be
// reached is no refusal. The package keeps no state and starts no goroutine.
package wire
