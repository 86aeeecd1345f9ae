package state

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/schemas/record"
)

const (
	// PrintBytes is how much of the head of a file its print covers at most.
	PrintBytes = 1 << 10
	// MarkBytes is how much a mark covers.
	MarkBytes = 64
	// leastLog is how long the log may get whatever the size of a snapshot is:
	// small enough for a state folder on a tiny disk, large enough that a hot file
	// causes a compaction every ten seconds only.
	leastLog = 128 << 10
	// growth is how many snapshots long the log may get.
	growth = 4
	// maxPending bounds what is kept for a disk that takes nothing; beyond it only
	// a snapshot can bring the file up to date again.
	maxPending = 1 << 20
	// retryEvery is how often a disk that is full is tried again.
	retryEvery = time.Second
)

// ErrLocked is returned by Open when another agent uses the folder.
var ErrLocked = errors.New("the state folder is in use by another agent")

// Intent is one record that was, or was about to be, produced.
type Intent struct {
	// N numbers the intents of a folder from 1, without a break.
	N        uint64
	Manifest *record.Manifest
	// Encoded is the manifest's bytes, exactly as produced.
	Encoded []byte
	// Sums has one element for each segment of kind bytes, in order.
	Sums []Sum
}

// Log is the state log. Make it with Open.
type Log struct {
	dir  string
	log  *slog.Logger
	lock *os.File
	boot string

	sources map[record.SourceID]*Source
	open    []*Intent
	last    uint64 // number of the newest intent
	acked   uint64

	rebooted bool // the machine was started anew since the log was written

	mu   sync.RWMutex // guards file against being swapped during Sync
	file *os.File

	end      int64  // bytes of file that are whole entries
	snapshot int64  // end right after the last compaction
	pending  []byte // entries not yet in file
	stale    bool   // file lacks entries that pending does not have either
	retryAt  time.Time
	failures uint64
	lastErr  error
}

// Open locks the folder, makes it if need be (0700), and reads the log. What a
// crash tore off the end is dropped.
func Open(dir string, log *slog.Logger) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	l := &Log{dir: dir, log: log, lock: lock, boot: bootID(), sources: make(map[record.SourceID]*Source)}
	if err := l.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("state: %w", err), lock.Close())
	}
	return l, nil
}

func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrLocked
		}
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), f.Close())
	}
	return f, nil
}

// bootID changes with every start of the machine; empty where nobody tells.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return string(b)
}

// Sources are all known sources. The map belongs to the log.
func (l *Log) Sources() map[record.SourceID]*Source { return l.sources }

// Unacked are the intents not yet acknowledged, oldest first.
func (l *Log) Unacked() []*Intent { return l.open }

// Rebooted reports whether the machine was started anew since the log was last
// written, so that files may have lost what was never synced.
func (l *Log) Rebooted() bool { return l.rebooted }

// Failures is how often the disk did not take what had to be written, and the
// last error while it still does not.
func (l *Log) Failures() (uint64, error) { return l.failures, l.lastErr }

// Put adds a source, or tells that it was changed. It reaches the disk with the
// next Intend or Flush.
func (l *Log) Put(s *Source) {
	l.sources[s.ID] = s
	l.add(func(b []byte) []byte { return appendSource(b, s) })
}

// Restart begins a new generation of a source at offset 0. cut is what was read of
// the one before; nil: nothing to know a copy by.
func (l *Log) Restart(s *Source, cut *Cut) {
	s.restart()
	if cut != nil {
		s.cut(*cut)
	}
	l.Put(s)
}

// Forget drops a source for good.
func (l *Log) Forget(id record.SourceID) {
	delete(l.sources, id)
	l.add(func(b []byte) []byte { return appendForget(b, id) })
}

// Intend writes the intent of a record that is about to be produced, moves its
// sources behind it, and returns its number. encoded must not change afterwards.
func (l *Log) Intend(m *record.Manifest, encoded []byte, sums []Sum) uint64 {
	in := &Intent{N: l.last + 1, Manifest: m, Encoded: encoded, Sums: sums}
	l.add(func(b []byte) []byte { return appendIntent(b, kindIntent, in) })
	l.applyIntent(in, true)
	l.Flush()
	return in.N
}

// Ack tells that the intent n and all before it are safe in Kafka. It reaches the disk
// with the next Intend or Flush: a crash before that sends these records once more.
func (l *Log) Ack(n uint64) {
	if n <= l.acked {
		return
	}
	l.add(func(b []byte) []byte { return appendAck(b, n) })
	l.applyAck(n)
}

// Pending reports whether there is something that Flush would write.
func (l *Log) Pending() bool { return len(l.pending) > 0 }

// applyIntent takes an intent over. Those of a snapshot have moved their sources
// already.
func (l *Log) applyIntent(in *Intent, move bool) {
	l.last = in.N
	l.open = append(l.open, in)
	if !move {
		return
	}
	sums := in.Sums
	for i := range in.Manifest.Segments {
		seg := &in.Manifest.Segments[i]
		var sum Sum
		if seg.Kind == record.Bytes {
			sum, sums = sums[0], sums[1:]
		}
		if s := l.sources[seg.Src]; s != nil {
			s.apply(seg, sum)
		}
	}
}

func (l *Log) applyAck(n uint64) {
	l.acked = n
	i := 0
	for i < len(l.open) && l.open[i].N <= n {
		i++
	}
	clear(l.open[:i])
	l.open = l.open[i:]
}

// Close writes and syncs what there is and gives the folder free.
func (l *Log) Close() error {
	l.Flush()
	err := l.lastErr
	if err == nil {
		err = l.Sync()
	}
	return errors.Join(err, l.file.Close(), l.lock.Close())
}
