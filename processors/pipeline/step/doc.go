// Package step holds the kinds of pipeline steps: what each does to an event, and its options in a form that validation,
// JSON Schema and the documentation all read. A step gets its options once, from a [Build], and then runs per event; it has
// no clock, no randomness and no input but the event, so an event always comes out the same.
//
// What all steps share (if, on_failure, ignore_failure, tag) belongs to package pipeline, which calls this one.
package step
