package tail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/frame"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/record"
)

// Causes of gaps.
const (
	causeTruncated = "truncated before it was read"
	causeDeleted   = "deleted, and given up unread: deleted files held too much of the disk"
	causeGone      = "deleted before it was read"
	causeAway      = "deleted while the agent was down; it may have held more, and so may files that came and went meanwhile"
	causeAwayCut   = "truncated while the agent was down; it may have held more"
	causeMissed    = "made and gone before it could be opened; how many bytes it had is not known"
	causeUncertain = "uncertain: the bytes are gone that a restart had to send again"
)

// farthest is up to which offset reading goes on: that of no event, nor where a block ends,
// may be one that its id has no room for. Only sparse files, such as lastlog, are longer.
const farthest = record.MaxOffset - record.MaxBytes

var errFar = errors.New("what is left lies beyond 1 TiB, for which event ids have no room; exclude the file")

// turn reads one portion of a file and reports whether there is more.
func (t *Tailer) turn(f *file, now time.Time) (more bool) {
	if f.view == nil {
		delete(t.held, f)
		return false
	}
	if f.gone {
		t.giveUp(f, now)
		return false
	}
	defer t.await(f)
	defer func() { f.turned = f.turned || !more }()
	if err := t.openFile(f); err != nil {
		t.trouble(f, err)
		return false
	}
	info, err := source.Stat(int(f.f.Fd()))
	if err != nil {
		t.trouble(f, err)
		return false
	}
	if f.shorter(info) || t.lostEnd(f, info) {
		t.truncated(f, info, now)
	}
	packed := t.unpackable(f)
	if f.see(info, now) {
		f.due, f.final = false, false // something followed after all
	}
	if packed {
		return t.turnPacked(f, now)
	}
	if f.size > f.off {
		if wait, more := t.suspect(f, now); wait {
			return more
		}
		before := f.off
		if more, err = t.read(f, now); err != nil {
			t.trouble(f, err)
		} else if f.final && before < f.off && f.off < f.size {
			more = true // lines were taken, and behind them is one without an end
		}
	}
	if f.f != nil && f.doubt && t.replaced(f, now) {
		return true
	}
	return more
}

// read frames one block straight into the open record.
func (t *Tailer) read(f *file, now time.Time) (more bool, err error) {
	if f.off > farthest {
		return false, errFar
	}
	framer, err := t.frameOf(f)
	if err != nil {
		return false, err
	}
	if left, err := t.succeed(f, framer, now); left || err != nil {
		return err == nil && f.begun, err
	}
	f.resume(framer)
	seg := f.segment(record.Bytes)
	seg.Charset = f.charset
	limit := t.limitOf(f, now)
	want := record.MaxBytes
	if len(t.queue) > 0 {
		want = turnBytes
	}
	for {
		room, events := t.builder.Buffer(&seg)
		if len(room) == 0 {
			if t.closeRecord(now); !t.mayRead() {
				return true, nil
			}
			continue
		}
		block := room[:min(len(room), want)]
		n, err := f.readAt(block, f.off)
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		end := n < len(block)
		cut := framer.Frame(frame.Ask{
			Block: block[:n], Events: limit.most(events), Room: len(room), Part: f.part, Start: f.off == 0, Final: f.final && end, Due: f.due && end,
		})
		f.open = cut.Open && end
		if cut.Len == 0 && cut.More && limit.most(events) < events { // events that cannot be taken one by one
			cut = framer.Frame(frame.Ask{Block: block[:n], Events: events, Room: len(room), Start: f.off == 0, Final: f.final && end, Due: f.due && end})
		}
		if cut.Len > 0 {
			return t.accept(f, seg, block[:n], cut, now, !end || cut.Events >= limit.most(events) || cut.More)
		}
		switch {
		case end && !cut.More:
			return false, nil // the line, or its event, is not yet at its end
		case cut.Blank > 0 && len(block) > frame.PartBytes:
			return t.hole(f, seg, block[:n], cut.Blank-1, now)
		case len(block) < len(room):
			want = record.MaxBytes
		case t.builder.Empty():
			return false, fmt.Errorf("%s: no room for a part of %d bytes", f.name, frame.PartBytes)
		default: // the line wants a record of its own
			if t.closeRecord(now); !t.mayRead() {
				return true, nil
			}
		}
	}
}

// accept adds framed bytes to the record, unless they turn out to be of another
// content than those before them.
func (t *Tailer) accept(f *file, seg record.Segment, block []byte, cut frame.Cut, now time.Time, more bool) (bool, error) {
	if f.off == 0 && compressed(block) {
		return false, errCompressed
	}
	if t.replaced(f, now) {
		return true, nil
	}
	b := block[:cut.Len]
	seg.Len, seg.Events, seg.Part, seg.LastPart = uint64(cut.Len), cut.Spans, cut.Part, cut.LastPart
	if cut.Hole {
		t.nameGen(f, &seg, nil)
		t.skip(f, seg, b, 0, causeHole, now)
		return true, nil
	}
	t.nameGen(f, &seg, b)
	if limit := t.limitOf(f, now); !limit.take(&cut, f.skipping, now) {
		f.skipping = true
		t.skip(f, seg, b, cut.Events, causeLimit, now)
		return more || cut.Part > 0, nil
	}
	f.skipping = false
	sum := f.advance(&seg, b)
	t.builder.Add(seg, sum, cut.Events, now)
	f.remark(t.scratch[:])
	t.counts.read(cut.Len)
	f.pace.add(cut.Len, now)
	f.lastRead, f.err = now, nil
	t.opened.MoveToBack(f.inList)
	return more || cut.Part > 0, nil
}

// replaced reports whether the file holds something else than when it was read,
// and has begun a new generation then. It is asked after each read: before, the
// file might still change in between.
func (t *Tailer) replaced(f *file, now time.Time) bool {
	f.doubt = false
	same, err := f.unchanged(t.scratch[:])
	if same {
		f.sure, f.away = f.size, false
	}
	if same || err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	info, err := source.Stat(int(f.f.Fd()))
	if err != nil {
		return false
	}
	t.truncated(f, info, now)
	return true
}

// firstGen names the generation after its first event, or after nothing if it has none.
func (t *Tailer) firstGen(f *file, seg record.Segment, b []byte) record.Gen {
	var first record.Raw
	if len(b) > 0 {
		var w record.Walker
		w.Reset(&record.Manifest{Segments: []record.Segment{seg}}, b)
		w.Next(&first)
	}
	head := record.NewGen(first.Bytes, 0).Head()
	return record.NewGen(first.Bytes, f.src.Repeats(head))
}

// truncated begins a new generation: the file was cut, or holds something else.
// What was known to be there and not yet read becomes a gap, unless a copy has it.
func (t *Tailer) truncated(f *file, info source.Info, now time.Time) {
	if t.state.Rebooted() && f.lastRead.IsZero() && t.shrunk(f, info, now) {
		return
	}
	cut := f.cutOff()
	t.tellCut(f, cut, now)
	if t.builder.Holds(f.src.ID) {
		t.closeRecord(now)
	}
	t.log.Info("file was truncated", "path", f.name, "offset", f.off, "size", info.Size)
	t.state.Restart(f.src, cut)
	f.restart()
	f.size, f.mtime = 0, 0 // so that see takes it as changed
	f.see(info, now)
}

// tellCut tells what a truncation took away that nobody had read.
func (t *Tailer) tellCut(f *file, cut *state.Cut, now time.Time) {
	n, cause := f.unread(), causeTruncated
	unsure := f.away && f.off > 0 && !f.isComplete()
	if unsure {
		cause = causeAwayCut
	}
	if n == 0 && !unsure {
		return
	}
	kept, copied := t.kept(f, cut, n)
	if kept < n || unsure && !copied {
		f.off += kept
		t.gap(f, n-kept, cause, now)
	}
}

// gap adds a gap of n bytes at the file's position, or of as many as offsets go.
func (t *Tailer) gap(f *file, n uint64, cause string, now time.Time) {
	n = min(n, record.MaxOffset-f.off)
	seg := f.segment(record.Gap)
	seg.Len, seg.Reason = n, cause
	t.nameGen(f, &seg, nil)
	if !t.builder.Fits(&seg) {
		t.closeRecord(now)
	}
	t.builder.Add(seg, state.Sum{}, 0, now)
	f.gaps, f.gapBytes = f.gaps+1, f.gapBytes+n
	f.off, f.part, f.whole = seg.End(), 0, false
	t.lost(f.name, &seg)
}

// giveUp ends a file that cannot be found any longer.
func (t *Tailer) giveUp(f *file, now time.Time) {
	if !f.lost && t.mayBePacked(f) {
		f.gone, f.missing = false, 1 // it is searched for meanwhile
		return
	}
	away := f.away
	n, told := f.behind(), f.behind() > 0 || away && !f.isComplete()
	cause := f.causeOfEnd()
	if z := f.zip; z != nil && !z.done {
		n, told = 0, true
		cause = fmt.Sprintf("%s; it was compressed and had %d bytes", cause, z.size)
	}
	if told {
		t.gap(f, n, cause, now)
	}
	if away {
		t.layAside(f)
	} else {
		t.bury(f)
	}
}

// causeOfEnd is why a file has gone that was not read to its end.
func (f *file) causeOfEnd() string {
	switch {
	case f.lost:
		return causeDeleted
	case f.away:
		return causeAway
	default:
		return causeGone
	}
}

// mostOpens is how often a file is looked for that is renamed while it is opened.
const mostOpens = 8

// openFile opens a file that is closed, and makes sure that it is the same.
func (t *Tailer) openFile(f *file) error {
	if f.f != nil {
		return nil
	}
	for tries := 1; ; tries++ {
		o, err := t.cfg.Allow.OpenReal(f.real)
		if err == nil && o.Info.Key.Same(f.src.Key) {
			t.hold(f, o)
			return nil
		}
		if err == nil { // a rotation has just put another file there
			err = errors.Join(fs.ErrNotExist, o.File.Close())
		}
		if !errors.Is(err, fs.ErrNotExist) || tries == mostOpens || !t.relocate(f) {
			return err
		}
	}
}

// hold keeps an open file, within the budget.
func (t *Tailer) hold(f *file, o *find.Opened) {
	for t.opened.Len() >= t.cfg.OpenFiles && t.evict() {
	}
	f.f = o.File
	f.inList = t.opened.PushBack(f)
}

// evict closes the file that was read longest ago. Deleted files stay: nothing
// leads back to them.
func (t *Tailer) evict() bool {
	for e := t.opened.Front(); e != nil; e = e.Next() {
		if f := e.Value.(*file); !f.deleted {
			t.close(f)
			return true
		}
	}
	return false
}

func (t *Tailer) close(f *file) {
	t.stopUnpacking(f)
	if f.f == nil {
		return
	}
	if err := f.f.Close(); err != nil {
		t.log.Debug("close", "path", f.name, "error", err)
	}
	t.opened.Remove(f.inList)
	f.f, f.inList = nil, nil
}

// trouble notes why a file cannot be read. It is tried again when it changes and
// at the next scan.
func (t *Tailer) trouble(f *file, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.missing = max(f.missing, 1)
		return
	case errors.Is(err, unix.ESTALE): // for as long as it is open, but its path may lead to it
		t.close(f)
		f.missing = max(f.missing, 1)
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		if t.evict() {
			t.enqueue(f)
			return
		}
	}
	if f.err == nil || f.err.Error() != err.Error() {
		t.log.Warn("file cannot be read", "path", f.name, "error", err)
		t.counts.trouble(fmt.Errorf("%s: %w", f.name, err))
	}
	f.err = err
}
