// Package kafka is the plumbing that every component shares to reach Kafka: one
// configuration with safe settings, topics made with explicit settings, sockets
// that can be closed from outside, and one classifier of errors.
//
// It keeps nothing and promises nothing about delivery by itself: the settings of
// [Config.Sarama] (acks from all replicas, idempotent, reading from the oldest
// offset) are what the callers' promises rest on. No function starts a goroutine
// that outlives its call.
package kafka
