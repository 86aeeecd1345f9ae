// Package explain says why a path is or is not collected.
//
// [Of] is a pure function of [Facts]; [Look] gathers those that lie on disk, and the
// tailer those of a [File]. The package keeps nothing and starts no goroutine. It tells
// nothing of a path that allow_paths do not cover, not even whether it is there.
package explain

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
)

// silence is how long Kafka may take over a record before it counts as down.
const silence = 10 * time.Second

// Facts are all that a verdict rests on.
type Facts struct {
	// Path is asked for; Collection, if it is not empty, is expected to collect it.
	Path, Collection string
	Host             string
	Now              time.Time
	Known
	Disk Disk
	// Trouble is why Kafka takes no records, nil if it does.
	Trouble error
	// TroubleSince is since when.
	TroubleSince time.Time
}

// Known is what the tailer knows.
type Known struct {
	// Revision is the etcd revision of Views, which select the host, and Others, which do
	// not.
	Revision      int64
	Views, Others []collect.AgentView
	// Errors are the configs that cannot be read, by collection.
	Errors map[string]string
	// File is the file at the path; nil if it was not met.
	File *File
	// Unacked is the age of the oldest record that Kafka has not acknowledged.
	Unacked time.Duration
}

// File is how the tailer fares with a file.
type File struct {
	status.Source
	// Adrift: no glob leads to it any longer; it was renamed.
	Adrift bool
	// Held since it looks like a copy; zero: it is not held.
	Held time.Time
	// Packed: it is compressed, and waits until it is read.
	Packed bool
	// Queued: there is more of it to read at once.
	Queued bool
	// Open: its newest event waits for its next line.
	Open bool
	// Limited since its collection reached its limits; nil: it has not.
	Limited *time.Time
	// Err is why it cannot be read.
	Err error
}

// Disk is what lies at the path.
type Disk struct {
	// Covered: allow_paths cover the path; where they do not, nothing else is known.
	Covered bool
	// Real is the path without symlinks.
	Real string
	// Size and Written are those of the file.
	Size    uint64
	Written time.Time
	// Packed: it begins as a compressed file does.
	Packed bool
	// Err is why it cannot be opened.
	Err error
}

// answer is an explanation under way.
type answer struct {
	*Facts
	e status.Explanation
}

// is gives the verdict and its sentence.
func (a *answer) is(v status.Verdict, format string, args ...any) bool {
	a.e.Verdict, a.e.Text = v, fmt.Sprintf(format, args...)
	return true
}

// Of explains. The first cause that holds is the verdict, in the order of status.Verdict.
func Of(f *Facts) status.Explanation {
	a := &answer{Facts: f, e: status.Explanation{Path: f.Path, Revision: f.Revision, At: f.Now.UTC()}}
	if f.Disk.Real != f.Path {
		a.e.Real = f.Disk.Real
	}
	if f.File != nil {
		a.e.Source = &f.File.Source
	}
	_ = a.unclaimed() || a.denied() || a.unmet() || a.waits() || a.collected()
	return a.e
}

// denied finds what is wrong with the file itself.
func (a *answer) denied() bool {
	switch d := &a.Disk; {
	case !d.Covered:
		return a.is(status.NotAllowed, "the agent's own allow_paths do not cover it, whatever collections say; nobody looked whether it is there")
	case d.Err != nil:
		return a.is(verdictOf(d.Err), "it cannot be read: %v", d.Err)
	case d.Packed && !a.view().Gzip:
		return a.is(status.Compressed, "it is compressed; such files are left out, because their lines were read before they were compressed")
	}
	return false
}

// unmet finds why the agent has not begun with the file.
func (a *answer) unmet() bool {
	if a.File != nil {
		if err := a.File.Err; err != nil {
			return a.is(verdictOf(err), "it cannot be read: %v", err)
		}
		return false
	}
	v := a.view()
	age := a.Now.Sub(a.Disk.Written).Round(time.Second)
	if most := time.Duration(v.IgnoreOlder); most > 0 && age > most {
		return a.is(status.TooOld, "it was last written %s ago and ignore_older of %s is %s; it is read once it is written to", age, v.Name, most)
	}
	return a.is(status.NotSeen, "the agent has yet to come across it; a scan takes a few seconds, or as long as a large tree takes")
}

// waits finds what keeps a file that is known from being read on.
func (a *answer) waits() bool {
	f := a.File
	unread := max(f.Behind, a.Disk.Size-min(a.Disk.Size, f.Offset))
	switch {
	case a.Disk.Size == 0 && f.Offset == 0:
		return a.is(status.Empty, "there is nothing in it yet")
	case a.Trouble != nil && (unread > 0 || a.Unacked > 0):
		return a.is(status.KafkaDown, "it is held back with %s unread: Kafka takes no records since %s: %v", bytes(unread), clock(a.TroubleSince), a.Trouble)
	case a.Unacked > silence:
		return a.is(status.KafkaDown, "it is held back with %s unread: Kafka has not acknowledged a record for %s", bytes(unread), a.Unacked.Round(time.Second))
	case !f.Held.IsZero():
		return a.is(status.HeldBack, "it begins as another file of its folder does, so it may be a copy made by copytruncate; it waits since %s until that is known", clock(f.Held))
	case f.Packed && f.Err == nil:
		return a.is(status.HeldBack, "it is compressed; such files are read one after the other, once they have rested and the files are gone that they may be copies of")
	case f.Limited != nil:
		return a.is(status.Limited, "lines of it are skipped and counted: %s has reached its limits at %s", f.Collection, clock(*f.Limited))
	case f.Offset == 0 && f.Behind > 0 && f.Open:
		return a.is(status.NoLine, "its first event may go on in a next line; it ends when none follows")
	case f.Offset == 0 && f.Behind > 0 && !f.Queued:
		return a.is(status.NoLine, "it holds no complete line yet: %s without an end of line", bytes(f.Behind))
	}
	return false
}

// collected tells how far a file was read.
func (a *answer) collected() bool {
	f := a.File
	text := fmt.Sprintf("it is collected for %s, read up to %s of %s", f.Collection, bytes(f.Offset), bytes(max(a.Disk.Size, f.Size)))
	switch {
	case f.Adrift:
		text += fmt.Sprintf("; it was rotated away from %s and is read to its end", f.Path)
	case f.Path != a.Path:
		text += "; it is found as " + f.Path
	}
	if f.Open {
		text += "; its newest event may go on in a next line"
	}
	if f.Gaps > 0 {
		text += fmt.Sprintf("; %s of it could not be read", bytes(f.GapBytes))
	}
	return a.is(status.Collected, "%s", text)
}

// view is the collection that takes the path.
func (a *answer) view() *collect.AgentView {
	for i := range a.Views {
		if a.Views[i].Name == a.e.Collection {
			return &a.Views[i]
		}
	}
	return &collect.AgentView{}
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func bytes(n uint64) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}
