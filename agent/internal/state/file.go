package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/wire"
)

func (l *Log) path() string { return filepath.Join(l.dir, "state.log") }

// load replays the file and leaves it open for appending behind its last whole
// entry.
func (l *Log) load() error {
	data, err := os.ReadFile(l.path())
	if errors.Is(err, fs.ErrNotExist) {
		return l.compact()
	}
	if err != nil {
		return err
	}
	end := l.replay(data)
	if lost := int64(len(data)) - end; lost > 0 {
		l.log.Warn("the end of the state log was torn", "path", l.path(), "bytes", lost)
	}
	if err := l.compact(); err != nil { // a full disk: go on with the file there is
		l.note(err)
		l.end, l.stale = end, true
		l.file, err = os.OpenFile(l.path(), os.O_RDWR, 0o600)
		return err
	}
	return nil
}

// replay applies entries and returns how many bytes of data were good.
func (l *Log) replay(data []byte) int64 {
	if len(data) < len(magic) || string(data[:len(magic)]) != magic {
		return 0
	}
	rest := data[len(magic):]
	for {
		body, after, err := nextFrame(rest)
		if err != nil || l.applyEntry(body) != nil {
			return int64(len(data) - len(rest))
		}
		rest = after
	}
}

func (l *Log) applyEntry(body []byte) error {
	r := wire.Reader{Rest: body[1:]}
	switch body[0] {
	case kindBegin:
		boot := r.String()
		l.last = r.Uvarint()
		l.acked = l.last
		l.rebooted = boot != l.boot
	case kindSource:
		s, err := decodeSource(body[1:])
		if err != nil {
			return err
		}
		if old := l.sources[s.ID]; old != nil {
			*old = *s
		} else {
			l.sources[s.ID] = s
		}
	case kindIntent, kindOpen:
		in, err := decodeIntent(body[1:])
		if err != nil {
			return err
		}
		l.applyIntent(in, body[0] == kindIntent)
	case kindAck:
		l.applyAck(r.Uvarint())
	case kindForget:
		var id record.SourceID
		copy(id[:], r.Take(uint64(len(id))))
		delete(l.sources, id)
	}
	if r.Bad {
		return errEntry
	}
	return nil
}

// add puts an entry behind the pending ones.
func (l *Log) add(fill func([]byte) []byte) {
	if l.stale {
		return // the snapshot that is due will hold it
	}
	l.pending = appendFrame(l.pending, fill)
}

// Flush writes what is pending. What the disk does not take is kept, and tried
// again at the next call.
func (l *Log) Flush() {
	if l.stale {
		l.retry()
		return
	}
	if len(l.pending) == 0 {
		return
	}
	n := int64(len(l.pending))
	if _, err := l.file.WriteAt(l.pending, l.end); err != nil {
		l.note(fmt.Errorf("state: %w", err))
		l.stale = n > maxPending || errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
		if l.stale { // a snapshot may be smaller than the log that filled the disk
			l.pending = nil
			l.retry()
		}
		return
	}
	l.end += n
	l.pending = l.pending[:0]
	l.lastErr = nil
	if l.end > max(leastLog, growth*l.snapshot) {
		l.note(l.compact())
	}
}

// retry tries a compaction, at most once in a while: it costs as much as all
// entries together.
func (l *Log) retry() {
	if now := time.Now(); now.After(l.retryAt) {
		l.retryAt = now.Add(retryEvery)
		l.note(l.compact())
	}
}

func (l *Log) note(err error) {
	if err == nil {
		l.lastErr = nil
		return
	}
	if l.lastErr == nil {
		l.log.Error("the state log cannot be written; going on in memory", "error", err)
	}
	l.failures++
	l.lastErr = err
}

// compact writes all there is to know to a new file and puts it in the place of
// the old one.
func (l *Log) compact() error {
	b := append([]byte(nil), magic...)
	before := l.last - uint64(len(l.open))
	b = appendFrame(b, func(b []byte) []byte { return appendBegin(b, l.boot, before) })
	for _, s := range l.sources {
		b = appendFrame(b, func(b []byte) []byte { return appendSource(b, s) })
	}
	for _, in := range l.open {
		b = appendFrame(b, func(b []byte) []byte { return appendIntent(b, kindOpen, in) })
	}
	f, err := l.replace(b)
	if err != nil {
		return fmt.Errorf("state: compact: %w", err)
	}
	l.mu.Lock()
	old := l.file
	l.file = f
	l.mu.Unlock()
	l.end, l.snapshot = int64(len(b)), int64(len(b))
	l.pending, l.stale = l.pending[:0], false
	if old != nil {
		return old.Close()
	}
	return nil
}

// replace puts a file with these bytes in the place of the log and returns it
// open. The old one stays whole until the new one is safe.
func (l *Log) replace(b []byte) (_ *os.File, err error) {
	temp := filepath.Join(l.dir, "state.new")
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(temp))
		}
	}()
	if _, err := f.Write(b); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	if err := os.Rename(temp, l.path()); err != nil {
		return nil, err
	}
	if err := syncFolder(l.dir); err != nil { // only a power failure would tell
		l.log.Warn("the state folder cannot be synced", "path", l.dir, "error", err)
	}
	return f, nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Sync makes what was written survive a power failure. It may run beside all
// other methods.
func (l *Log) Sync() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if err := unix.Fdatasync(int(l.file.Fd())); err != nil {
		return fmt.Errorf("state: sync: %w", err)
	}
	return nil
}
