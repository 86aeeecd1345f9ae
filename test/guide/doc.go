// Package guide runs the commands of docs/guide.md and docs/inputs.md as a reader would
// and compares what they print. It has no code but tests.
//
// In the guide, a fenced block of `sh` is run by a shell and must succeed. `sh stays` is
// a program that goes on running in a terminal of its own. A block of `text` behind a
// block holds what the output must contain, a line each; the block is then repeated
// until it does, so it must bear that: `sh again` says that one with effects does.
//
// Only places are replaced: the folder, the ports, and where the binaries lie. For
// `make run` the last command is taken from the Makefile, so that the test builds once.
package guide
