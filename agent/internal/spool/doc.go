// Package spool keeps what an input of the agent receives in ordinary files until
// Kafka has it.
//
// A spool is a folder of numbered files of whole lines. One is written; the others
// are sealed and never change again. The agent's tailer ships all of them like any
// log file, with the same promises, and a sealed one is deleted once Kafka has its
// last byte (see [Spool.Sealed] and [Spool.Remove]).
//
// What was appended survives a kill of the agent at once, and a power failure after
// the next [Spool.Sync]. Nothing that was accepted is ever thrown away: a spool that
// has reached its limit, and a full disk, refuse with [ErrFull]. The disk space of a
// file is reserved when it is made, so that a line is refused rather than torn. A
// line that a kill left torn was not accepted; the next Open cuts it off.
//
// The methods of a spool may be called from many goroutines. It has none of its own.
package spool
