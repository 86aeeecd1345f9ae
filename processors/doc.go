// Package processors is Millrace's goka library: it runs a step, a plain function
// of one record and the table value of its key, over the records of some topics.
//
// A processor is a [Spec] (group, inputs, table codec, step) given to [Run]. What
// the step asks for through its [Context] is carried out after it has returned, so
// a step either happens as a whole or, when it panics, becomes a dead letter.
//
// Promises. A record's offset is committed after everything that this record and
// all earlier ones of its partition led to is written, acknowledged by all
// replicas. So nothing is lost when a process is killed at any moment, and records
// may be delivered again: steps must give the same output for the same record,
// and count with a [Window]. Records of one partition are seen in order, by one
// goroutine. While Kafka is away processing pauses and goes on by itself. A
// record that can never succeed goes to the dead letters and stops nothing.
//
// Whoever writes an extra processor over the events of all apps begins with [Count]
// or [Context.Batch], makes it a [Processor], tries it out with package tester and runs
// it with package program; docs/processors.md shows how.
//
// Run owns every goroutine it starts and ends them within nine seconds of its
// context's end.
package processors
