package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// largest is the size from which a file is sealed, where the limit allows it.
	largest = 8 << 20
	// share of the limit that one file has at most: what Kafka has of the file that
	// is written is not yet free.
	share = 4
	// MinLimit is the least that a spool can be given.
	MinLimit = 1 << 20
	// retryEvery is how often a full spool is tried again without being told that
	// something was removed: the disk may have been full, and not the spool.
	retryEvery = time.Second
)

// ErrFull is returned by Append when there is no room. It wraps the cause when that is
// the disk.
var ErrFull = errors.New("the spool is full")

// Spool is the spool of one input. Make it with Open.
type Spool struct {
	dir   string
	limit int64

	mu      sync.Mutex
	file    *os.File // nil: the next Append makes one
	number  uint64   // of the newest file
	size    int64    // of file
	sealed  []File
	held    int64  // bytes in sealed
	written uint64 // bytes since Open
	keep    uint64 // files from this number on are not removed: a mark needs them
	room    chan struct{}
	closed  bool

	syncing sync.Mutex // before mu
	synced  uint64     // of written
}

// File is one sealed file.
type File struct {
	Number uint64
	Path   string
	Size   int64
}

// Limit is how many bytes the spool holds at most.
func (s *Spool) Limit() int64 { return s.limit }

// Bytes is how many bytes lie in the spool, shipped ones of the newest file among them.
func (s *Spool) Bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held + s.size
}

// MaxAppend is the longest text that Append takes.
func (s *Spool) MaxAppend() int { return int(s.limit / share) }

// Append writes whole lines, each with its line feed, all of them or none. The error
// wraps ErrFull when they may fit later.
func (s *Spool) Append(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	if len(lines) > s.MaxAppend() {
		return fmt.Errorf("spool %s: %d bytes at once, more than %d", s.dir, len(lines), s.MaxAppend())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := int64(len(lines))
	if s.closed {
		return fmt.Errorf("spool %s: %w", s.dir, os.ErrClosed)
	}
	if s.held+s.size+n > s.limit {
		return fmt.Errorf("spool %s: %w", s.dir, ErrFull)
	}
	if s.file != nil && s.size > 0 && s.size+n > s.fileSize() {
		if err := s.sealLocked(); err != nil {
			return err
		}
	}
	if s.file == nil {
		if err := s.createLocked(n); err != nil {
			return err
		}
	}
	written, err := s.file.Write(lines)
	if err != nil {
		return s.tornLocked(lines[:written], err)
	}
	s.size += n
	s.written += uint64(n)
	return nil
}

// Put is Append that waits while the spool is full. The error is ctx's, or one that
// waiting does not cure.
func (s *Spool) Put(ctx context.Context, lines []byte) error {
	for {
		room := s.roomer()
		err := s.Append(lines)
		if !errors.Is(err, ErrFull) {
			return err
		}
		retry := time.NewTimer(retryEvery)
		select {
		case <-ctx.Done():
		case <-room:
		case <-retry.C:
		}
		retry.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// roomer is closed when something was removed after the call.
func (s *Spool) roomer() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room
}

// Sync makes what was appended before the call survive a power failure. Calls at the
// same time share one fsync.
func (s *Spool) Sync() error {
	s.mu.Lock()
	want := s.written
	s.mu.Unlock()
	s.syncing.Lock()
	defer s.syncing.Unlock()
	if s.synced >= want {
		return nil
	}
	s.mu.Lock()
	file, upTo := s.file, s.written
	s.mu.Unlock()
	if file != nil { // without one, sealing has synced all there is
		if err := file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
			return fmt.Errorf("spool: %w", err)
		}
	}
	s.synced = upTo
	return nil
}

// Sealed are the files that will not change, oldest first.
func (s *Spool) Sealed() []File {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]File(nil), s.sealed...)
}

// Remove deletes the sealed files of which done says that Kafka has them.
func (s *Spool) Remove(done func(File) bool) error {
	var errs []error
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.sealed[:0]
	for _, f := range s.sealed {
		if f.Number >= s.keep || !done(f) {
			kept = append(kept, f)
			continue
		}
		if err := os.Remove(f.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("spool: %w", err))
			kept = append(kept, f)
			continue
		}
		s.held -= f.Size
	}
	if len(kept) < len(s.sealed) {
		close(s.room)
		s.room = make(chan struct{})
	}
	clear(s.sealed[len(kept):])
	s.sealed = kept
	return errors.Join(errs...)
}

// Close seals the newest file. What lies in the spool stays there.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.file == nil {
		return nil
	}
	return s.sealLocked()
}

// fileSize is the size from which a file is sealed.
func (s *Spool) fileSize() int64 { return min(largest, s.limit/share) }

func (s *Spool) path(number uint64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%016d%s", number, suffix))
}

// createLocked makes the next file, with its room on disk.
func (s *Spool) createLocked(n int64) error {
	path := s.path(s.number + 1)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return full(err)
	}
	err = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, max(n, min(s.fileSize(), s.limit-s.held)))
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		err = nil // a full disk is noticed by a write, then
	}
	if err == nil {
		err = syncFolder(s.dir)
	}
	if err != nil {
		return errors.Join(full(fmt.Errorf("%s: %w", path, err)), f.Close(), os.Remove(path))
	}
	s.file, s.size = f, 0
	s.number++
	return nil
}

// sealLocked ends the newest file: it is on disk for good, and gives back the room
// that it did not use.
func (s *Spool) sealLocked() error {
	if err := s.file.Truncate(s.size); err != nil {
		return full(err)
	}
	if err := s.file.Sync(); err != nil {
		return full(err)
	}
	_ = s.file.Close() // it is synced
	s.sealed = append(s.sealed, File{s.number, s.path(s.number), s.size})
	s.held += s.size
	s.file, s.size = nil, 0
	return nil
}

// tornLocked ends a file that took only a part of what was appended. Lines that are
// whole may have been read already and stay; their sender is told that they were
// refused, and may send them again. Only a disk that fills up in a file system that
// cannot reserve room leads here.
func (s *Spool) tornLocked(part []byte, err error) error {
	whole := int64(lastLine(part))
	s.size += whole
	s.written += uint64(whole)
	return errors.Join(full(err), s.sealLocked())
}

// full makes an error of the disk one that a sender can wait for.
func full(err error) error { return fmt.Errorf("%w: %w", ErrFull, err) }
