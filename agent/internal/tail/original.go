package tail

import (
	"cmp"
	"slices"
	"time"

	"github.com/millrace/millrace/agent/internal/state"
)

// The compressed copy of a log that was read holds nothing new. It is known for one by
// what is remembered of the log, which has gone by then, or was cut: where its reading
// ended, and the hash of all that stands before. Logs of collections that want compressed
// files are therefore remembered for a day after they have gone, mostBuried of them. As long as a file of the
// same beginning is still there or is still being read, its copy waits.

// original is the part of a file that was read and may come again, compressed.
type original struct {
	state.Cut
	of    *file
	whole bool // all of it was read, so that its hash is known
}

// comparison is how far a file was compared with its possible originals.
type comparison struct {
	left    []original // those that are still to be compared, the shortest first
	refuted []state.Cut
	best    *original
	off     uint64
	sum     uint32 // of what stands before off
}

// knows reports whether a cut was compared, and is of another file.
func (c *comparison) knows(cut state.Cut) bool {
	return c != nil && slices.Contains(c.refuted, cut)
}

// advance goes a part of the way, and reports whether that was the last one. The error is
// that of reading.
func (c *comparison) advance(f *file) (done bool, err error) {
	buf := make([]byte, turnBytes)
	for budget := skipTurn; len(c.left) > 0; {
		next := &c.left[0]
		if c.off == next.Off {
			if c.is(next, f) {
				c.best = next
			} else {
				c.refuted = append(c.refuted, next.Cut)
			}
			c.left = c.left[1:]
			continue
		}
		if budget <= 0 {
			return false, nil
		}
		b := buf[:min(uint64(len(buf)), next.Off-c.off)]
		n, err := f.readAt(b, c.off)
		c.sum = state.Update(c.sum, b[:n])
		c.off, budget = c.off+uint64(n), budget-n
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// originals are what a packed file may be a copy of, and whether it is too early to say.
func (t *Tailer) originals(f *file, now time.Time) (all []original, wait bool) {
	z := f.zip
	begins := func(print, n uint32) bool {
		return n > 0 && int(n) <= len(z.head) && state.Update(0, z.head[:n]) == print
	}
	there := false
	for _, s := range t.files {
		if s == f || s.zip != nil || !sharesFolder(f, s) {
			continue
		}
		for _, c := range s.src.Cuts {
			if begins(c.Print, c.PrintLen) {
				all = append(all, original{c, s, true})
			}
		}
		switch {
		case s.off == 0 || !begins(s.print, s.printed):
		case s.real != "" && t.leadsTo(s.real, s):
			there = true
		case s.f != nil && s.view != nil && (s.queued || s.behind() > 0):
			wait = true
		default:
			all = append(all, original{state.Cut{Off: s.off, Running: s.running, Print: s.print, PrintLen: s.printed}, s, s.whole})
			if t.builder.Holds(s.src.ID) {
				t.closeRecord(now) // or a crash would lose what only the copy has then
			}
		}
	}
	if there {
		if z.since.IsZero() {
			z.since = now
		}
		wait = wait || now.Sub(z.since) < holdMost
	}
	slices.SortFunc(all, shorter)
	return all, wait
}

func shorter(a, b original) int { return cmp.Compare(a.Off, b.Off) }

// compare looks for a file of which a packed one is a copy, and puts its position behind
// what was read of that. It does a part of this at a time.
func (t *Tailer) compare(f *file, now time.Time) (done, wait bool) {
	if f.check == nil {
		all, wait := t.originals(f, now)
		if wait {
			return false, true
		}
		f.check = &comparison{left: all}
	}
	c := f.check
	switch done, err := c.advance(f); {
	case err != nil && (f.zip.plain.Failed() != nil || t.isTorn(f, now)):
		f.check = nil
		return false, true
	case err == nil && !done: // where there is an error, it ends before
		return false, false
	}
	if t.clear(f); c.best != nil {
		t.passOver(f, c.best.of.name, &c.best.Cut)
		t.foundPacked(c.best.of)
	}
	return true, false
}

// mayBePacked reports whether the rest of a file that has gone may be in a compressed one
// that is yet to be looked into.
func (t *Tailer) mayBePacked(f *file) bool {
	for p := range t.packed {
		if p != f && p.view != nil && p.view.Gzip && p.zip != nil && !p.zip.done && !p.begun && p.off == 0 && !p.cleared && sharesFolder(p, f) {
			return true
		}
	}
	return false
}

// foundPacked ends the search for a file that has gone: it was compressed, and its rest is
// read now.
func (t *Tailer) foundPacked(f *file) {
	if f.view == nil || f.f != nil || f.missing == 0 {
		return
	}
	if f.away {
		t.layAside(f)
	} else {
		t.bury(f)
	}
}

// is reports whether what was compared so far is o. Where o was not read from its first
// byte on, it must be all there is, too.
func (c *comparison) is(o *original, f *file) bool {
	if o.whole {
		return c.sum == o.Running
	}
	f.zip.plain.Fill(c.off, 1)
	end, ended := f.zip.plain.End()
	if !ended || end != o.Off || f.zip.plain.Err() != nil {
		return false
	}
	o.Running = c.sum
	return true
}
