package state

import (
	"slices"

	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/record"
)

// maxHeads bounds the generations of one source that are remembered. A log that
// is truncated every hour fills it in half a year; what is forgotten then could
// only matter if the very same first event came back.
const maxHeads = 4096

// maxCuts is how many truncations of one source are remembered: no more copies than that
// are rotated while one of them waits for its turn.
const maxCuts = 8

// Source is what is known of one file. The Log owns it: others read it, and
// change it through the Log only.
type Source struct {
	ID  record.SourceID
	Key source.Key
	// Path is where the file was last seen, symlinks resolved, and Name where a
	// glob found it.
	Path, Name string
	// Collection is the last owner.
	Collection string
	// Begun says that something of the present generation, Gen, was shipped.
	Begun bool
	Gen   record.Gen
	// Off is the end of what was put into intents, in the present generation.
	Off uint64
	// Part is how many parts were put into intents of a line that is not yet at
	// its end.
	Part uint32
	// Skipping says that a limit left out what stands before Off. If that is not the end
	// of a line, the rest of it is left out, too.
	Skipping bool
	// Heads are the hashes of the first events of earlier generations.
	Heads []uint32
	// Print is the hash of the first PrintLen bytes of this generation.
	Print    uint32
	PrintLen uint32
	// Mark is the hash of MarkBytes bytes at MarkOff, far behind the head and short of the
	// end of what was read; where MarkOff is 0 there is none.
	Mark    uint32
	MarkOff uint64
	// Running is the CRC-32C of all bytes before Off. It means something only
	// where Whole is set: where all of them were read.
	Running uint32
	Whole   bool
	// LastLen is how many bytes before Off were put into intents last, and LastSum what
	// Running was before them; LastLen is 0 where those were no bytes.
	LastLen uint64
	LastSum uint32
	// Seen is when a scan last saw the file, in Unix seconds.
	Seen int64
	// Cuts are what was read of the file before each of the last times that it was
	// truncated, the oldest first; without those when that was nothing, or not all there
	// was. They outlive the agent: a copy that is found after a restart must be known for
	// one, and one that has its turn only after the next truncation, too.
	Cuts []Cut
	// Before is the source that had the path before this one, where an event may lie in
	// both; zero: there is none. It is forgotten once something was shipped.
	Before record.SourceID
	// Left is the path that the file had before Path, where an event may lie in it and in
	// the file that has that path next; empty: there is none.
	Left string
	// Packed is set where the file is compressed by gzip and all offsets are of what was
	// compressed.
	Packed *Packed
	// Size is how long the file was when it was last looked at, where that is more than Off;
	// 0: all that was there had been read.
	Size uint64
	// Settled says that the file was read to its end, and that nothing more was expected
	// of it. What is read of it later takes that back.
	Settled bool
}

// Packed is how far a compressed file was read.
type Packed struct {
	// Size and Mtime are those of the file itself when it was read to its end; zero: it
	// was not yet.
	Size  uint64
	Mtime int64
}

// Bury marks a source whose file is gone for good, but is remembered so that its
// compressed copy is known for one. No file has a key like that.
func (s *Source) Bury() { s.Key = source.Key{} }

// Buried reports whether Bury was called for it.
func (s *Source) Buried() bool { return s.Key == source.Key{} }

// Cut is what was read of a generation that is over.
type Cut struct {
	At       int64  // when the end of it was seen, in Unix nanoseconds
	Off      uint64 // its length, as far as it was read
	Running  uint32 // CRC-32C of all that
	Print    uint32 // hash of its first PrintLen bytes
	PrintLen uint32
}

// Repeats is how many earlier generations began with the same event as one with
// this head.
func (s *Source) Repeats(head uint32) int {
	n := 0
	for _, h := range s.Heads {
		if h == head {
			n++
		}
	}
	return n
}

// restart begins a new generation.
func (s *Source) restart() {
	if s.Begun {
		if len(s.Heads) == maxHeads {
			s.Heads = slices.Delete(s.Heads, 0, 1)
		}
		s.Heads = append(s.Heads, s.Gen.Head())
	}
	s.Begun, s.Gen, s.Off, s.Part = false, 0, 0, 0
	s.Print, s.PrintLen, s.Running, s.Whole = 0, 0, 0, true
	s.Mark, s.MarkOff, s.Skipping, s.LastLen, s.LastSum = 0, 0, false, 0, 0
	s.Packed, s.Size, s.Settled = nil, 0, false
}

// cut notes what was read of the generation that is over.
func (s *Source) cut(c Cut) {
	if len(s.Cuts) == maxCuts {
		s.Cuts = slices.Delete(s.Cuts, 0, 1)
	}
	s.Cuts = append(s.Cuts, c)
}

// apply moves the source behind one segment of an intent.
func (s *Source) apply(seg *record.Segment, sum Sum) {
	if s.Begun && s.Gen != seg.Gen {
		s.restart()
	}
	s.Begun, s.Gen, s.Off, s.Part, s.Settled = true, seg.Gen, seg.End(), 0, false
	s.Skipping = seg.Kind == record.Skipped && seg.Count > 0
	if seg.Kind != record.Bytes {
		s.Whole, s.LastLen, s.LastSum = false, 0, 0
		return
	}
	s.Running, s.LastLen, s.LastSum = sum.After, seg.Len, sum.Before
	if !seg.LastPart {
		s.Part = seg.Part
	}
}
