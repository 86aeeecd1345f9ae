package tail

import (
	"time"

	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/record"
)

// A wake-up costs more than reading a line, so notices of writes do not make the
// tailer read: they only mark files. When the oldest mark, or the oldest line of
// the open record, has waited for record.Linger, all marked files are read in one
// round and the record is closed behind it. Whatever else happens to a file, such
// as a rename, has the marked files read at once.

// round is when marked files are read.
type round struct {
	marked time.Time // since when there are marked files; zero: there are none
	ending time.Time // when the round that is read now ends at the latest; zero: there is none
}

// begin notes that there are marked files.
func (t *Tailer) begin(now time.Time) {
	if t.marked.IsZero() {
		t.marked = now
	}
}

// due is when something has to be done about time; zero: never, or not before records are
// taken again.
func (t *Tailer) due() time.Time {
	if !t.mayRead() {
		return time.Time{}
	}
	if !t.ending.IsZero() {
		return t.ending
	}
	since := t.marked
	if !t.builder.Empty() && (since.IsZero() || t.builder.First().Before(since)) {
		since = t.builder.First()
	}
	if since.IsZero() {
		return since
	}
	return since.Add(record.Linger)
}

// keepTime reads the marked files when they are due, and closes the record when
// all of them were read, or take too long. While no records are taken the open one stays
// open: what is told of missed files would fill the shipper.
func (t *Tailer) keepTime(now time.Time) {
	if !t.mayRead() {
		return
	}
	if due := t.due(); t.ending.IsZero() && !due.IsZero() && !now.Before(due) {
		t.readDirty()
		t.ending = now.Add(record.Linger)
	}
	if !t.ending.IsZero() && (len(t.queue) == 0 || !now.Before(t.ending)) {
		t.ending = time.Time{}
		t.closeRecord(now)
	}
}

// readDirty has the marked files read.
func (t *Tailer) readDirty() {
	t.marked = time.Time{}
	t.dirty.Take(func(path string) {
		f := t.reals[path]
		if f == nil {
			f = t.byOtherName(path)
		}
		if f != nil {
			f.resting = false
			t.enqueue(f)
		}
	})
}

// byOtherName is the file at a path that is known by another one: it has hard links, or its
// folder is mounted twice.
func (t *Tailer) byOtherName(path string) *file {
	info, err := source.StatPath(path)
	if err != nil {
		return nil // it has left again
	}
	return t.named(info.Key)
}
