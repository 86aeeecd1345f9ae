// Package frame decides where events end in the bytes of a source.
//
// A Framer is pure: all it knows is in what it is asked. What it leaves of a
// block is offered again with more behind it, so it never holds bytes back in
// memory, and a restart needs no state but the offset and the part number. Where
// it may stop depends on the bytes alone, not on how they were cut into blocks:
// reading them again gives the same events. The one exception is an event that
// ends because nothing followed for a while (Ask.Due).
//
// There are two: Lines, for which each line is an event, and Groups, which lists
// the events of everything else: several lines each, wrapped by a container
// runtime, or in UTF-16.
package frame

import (
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// PartBytes is the longest line that is one event, unless a collection wants a
// smaller one. A longer one travels in parts of exactly this size and a rest,
// counted from its first byte, so that reading it again gives the same parts. With
// it a record has 16 KiB left for key and manifest.
const PartBytes = collect.MaxLine

// leastHole is how many NUL bytes in a row are no text at the front of a source: what a
// writer leaves in front of it that goes on at its old offset after its file was
// truncated. Elsewhere NULs are text, unless they fill a line that is too long to be
// one: the file has a hole there, or room that was reserved.
const leastHole = 64

// Ask is a question to a Framer.
type Ask struct {
	// Block are the bytes of the source from the first one not yet framed.
	Block []byte
	// Events is how many events may be taken at most; at least 1.
	Events int
	// Room is how many bytes may be taken, those included that a list of events takes
	// in the manifest; 0: as many as there are.
	Room int
	// Part is the number of parts already taken of the line that Block goes on
	// with; 0 at the beginning of an event.
	Part uint32
	// Start says that Block begins with the first byte of the source.
	Start bool
	// Final says that nothing will ever follow Block.
	Final bool
	// Due says that an event has waited long enough for its next line.
	Due bool
}

// Cut is the answer: how much of the block is whole events.
type Cut struct {
	// Len are the bytes taken from the front of the block; 0: nothing is whole.
	Len int
	// Events is the number of events in them.
	Events int
	// Spans lists the events where an event is not exactly one line.
	Spans []record.Event
	// Part is the number of the part that the bytes are; 0: whole events.
	Part uint32
	// LastPart says that the part ends its line.
	LastPart bool
	// Open says that whole lines were left because their event may go on.
	Open bool
	// More says that there are more whole events, which exceed Events or Room.
	More bool
	// Hole says that Len bytes hold no text: NULs that something follows.
	Hole bool
	// Blank is where NULs begin that reach to the end of the block, plus 1; 0: they do
	// not matter. Whether something follows them, the block cannot tell.
	Blank int
}

// Framer finds the events in blocks. Implementations may use scratch space: they are
// for one goroutine.
type Framer interface {
	Frame(Ask) Cut
	// LastEnd is the end of the last whole line of b, which begins at the offset off of
	// its source; 0: none ends in it.
	LastEnd(b []byte, off uint64) int
}

// New is the framer of files that are read in this way. Charset is the one that the
// file really has, see Charset.
func New(r *collect.Reading, charset string) (Framer, error) {
	most := r.MaxLineBytes
	if most <= 0 || most > PartBytes {
		most = PartBytes
	}
	if r.Multiline == nil && r.Container == "" && !wide(charset) {
		return Lines{most}, nil
	}
	return newGroups(r, charset, most)
}
