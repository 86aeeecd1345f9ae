// Package franz makes producers of franz-go what package kafka makes those of sarama: with
// the same settings, sockets, partitions and meaning of errors. The processors write with
// it. It is a package of its own so that the agent, which runs on every host, does not
// link a second Kafka client.
//
// It promises nothing about delivery by itself, and starts no goroutine.
package franz
