package tail

import (
	"os"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/frame"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// mint makes a source of a file that was never seen before.
func (t *Tailer) mint(e *find.Event, o *find.Opened, now time.Time) *file {
	src := &state.Source{
		ID: o.Info.Key.ID(t.cfg.HostID), Key: o.Info.Key,
		Path: o.Real, Name: e.Name, Collection: e.View.Name, Whole: true,
		Seen: now.Unix(),
	}
	_, spooled := t.spooled(e.Name)
	packed := e.View.Gzip && !spooled && isPacked(o.File)
	if packed {
		src.Packed = &state.Packed{}
	}
	switch left := !spooled && t.startsAtEnd(e.View, o, now); {
	case left && packed:
		src.Packed.Size, src.Packed.Mtime = o.Info.Size, o.Info.Mtime // as if it was read
	case left:
		t.skipToEnd(src, e.View, o)
	}
	before := t.left[o.Real]
	if before != nil && e.View.Multiline != nil {
		src.Before = before.src.ID
	}
	t.state.Put(src)
	f := newFile(src)
	f.met, f.before, f.traced = now, before, t.scans > 0
	f.cleared = spooled // no file of a spool is a copy of another
	f.real = ""         // assign places it
	t.know(f)
	return f
}

// startsAtEnd reports whether what lies in a new file is left out: where the
// collection starts at the end and the file is older than the collection, or where it
// starts at an age and the file was last written before that.
func (t *Tailer) startsAtEnd(view *collect.AgentView, o *find.Opened, now time.Time) bool {
	if age, ok := view.Start.Age(); ok {
		return older(o.Info, time.Duration(age), now)
	}
	return view.Start == collect.End && o.Info.Key.Birth/1e9 < t.set.Since[view.Name]
}

// older reports whether a file was last written longer ago than age.
func older(info source.Info, age time.Duration, now time.Time) bool {
	return info.Mtime < now.Add(-age).UnixNano()
}

// skipToEnd puts the start of a source behind the last whole line there is.
func (t *Tailer) skipToEnd(src *state.Source, view *collect.AgentView, o *find.Opened) {
	size := int64(o.Info.Size)
	tail := make([]byte, min(size, turnBytes))
	if _, err := o.File.ReadAt(tail, size-int64(len(tail))); err != nil {
		return // it is read from its beginning: rather too much than too little
	}
	src.Off = uint64(size)
	if src.Off > farthest {
		src.Off = record.MaxOffset // its first turn says why it is not read
		return
	}
	if end := lastEnd(view, o.File, tail, uint64(size)-uint64(len(tail))); end > 0 {
		src.Off -= uint64(len(tail) - end)
	}
	head := t.scratch[:min(src.Off, state.PrintBytes)]
	if _, err := o.File.ReadAt(head, 0); err == nil {
		src.Print, src.PrintLen = state.Update(0, head), uint32(len(head))
	}
	src.Whole = false
}

// lastEnd is the end of the last whole line of b, which stands at off in a file.
func lastEnd(view *collect.AgentView, f *os.File, b []byte, off uint64) int {
	var head [frame.HeadBytes]byte
	n, _ := f.ReadAt(head[:], 0)
	framer, err := frame.New(&view.Reading, frame.Charset(view.Charset, head[:n]))
	if err != nil {
		return 0
	}
	return framer.LastEnd(b, off)
}
