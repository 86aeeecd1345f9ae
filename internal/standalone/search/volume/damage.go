package volume

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/millrace/millrace/internal/standalone/aside"
)

// ErrUnreadable is wrapped by errors of a volume whose file is not what this package wrote: damaged, or of another format.
// Trying again does not help; nothing of the file was deleted.
var ErrUnreadable = errors.New("cannot be read")

// brokenError is what is wrong inside a file that SQLite itself finds in order.
type brokenError string

func (e brokenError) Error() string { return string(e) }

func broken(format string, args ...any) error { return brokenError(fmt.Sprintf(format, args...)) }

// isDamage tells a damaged file from a full disk, a lock or a bug of ours.
func isDamage(err error) bool {
	var ours brokenError
	var e *sqlite.Error
	switch {
	case errors.As(err, &ours):
		return true
	case !errors.As(err, &e):
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS:
		return true
	}
	primary := e.Code() & 0xff
	return primary == sqlite3.SQLITE_CORRUPT || primary == sqlite3.SQLITE_NOTADB
}

// fail says which volume an error is of, and what was done. It keeps the first damage: see Flaw.
func (f *File) fail(what string, err error) error {
	if !isDamage(err) {
		return fmt.Errorf("volume %s: %s: %w", f.path, what, err)
	}
	err = fmt.Errorf("volume %s %w: %s: %w", f.path, ErrUnreadable, what, err)
	f.flaw.CompareAndSwap(nil, &err)
	return err
}

// Flaw is the damage that was found first, or nil. A volume with a flaw still answers what it can; it should not be
// written to any more.
func (f *File) Flaw() error {
	if err := f.flaw.Load(); err != nil {
		return *err
	}
	return nil
}

const (
	magic        = "SQLite format 3\x00"
	headerBytes  = 100
	walHeader    = 32
	walMagic     = 0x377f0682 // the lowest bit tells the byte order of the checksums
	damaged      = "damaged"
	pageSizeAt   = 16
	pageCountAt  = 28
	walSumsAt    = 24
	largestPage  = 1 // as which a page of 64 KiB is written
	largestBytes = 1 << 16
)

// inspect looks at a file before SQLite does, which would take an empty one for a new volume, and a log without its head
// for one without content.
func (f *File) inspect() error {
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it is only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, headerBytes)
	if _, err := io.ReadFull(file, head); err != nil || string(head[:len(magic)]) != magic {
		return broken("it does not begin as it should")
	}
	log, err := os.Stat(f.path + "-wal")
	switch {
	case err == nil && log.Size() > 0:
		return f.inspectLog() // which may hold what the file lacks
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	page := int64(binary.BigEndian.Uint16(head[pageSizeAt:]))
	if page == largestPage {
		page = largestBytes
	}
	if want := page * int64(binary.BigEndian.Uint32(head[pageCountAt:])); info.Size() < want {
		return broken("it has %d bytes of %d", info.Size(), want)
	}
	return nil
}

// inspectLog puts a write-ahead log aside whose head is damaged: SQLite would begin it anew and say nothing of what was
// written last. The volume is as it was before that, or else SQLite finds it damaged.
func (f *File) inspectLog() error {
	log, err := os.Open(f.path + "-wal")
	if err != nil {
		return err
	}
	head := make([]byte, walHeader)
	n, err := io.ReadFull(log, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // it is short, which its head tells
	}
	// A log that cannot be read for the moment is not damaged: it stays.
	if err = errors.Join(err, log.Close()); err != nil || logBegins(head[:n]) {
		return err
	}
	_, err = aside.Move(f.path+"-wal", damaged)
	return err
}

// logBegins checks the head of a write-ahead log, as SQLite does.
func logBegins(b []byte) bool {
	if len(b) < walHeader || binary.BigEndian.Uint32(b)&^1 != walMagic {
		return false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[3]&1 == 1 {
		order = binary.BigEndian
	}
	var s0, s1 uint32
	for i := 0; i < walSumsAt; i += 8 {
		s0 += order.Uint32(b[i:]) + s1
		s1 += order.Uint32(b[i+4:]) + s0
	}
	return s0 == binary.BigEndian.Uint32(b[walSumsAt:]) && s1 == binary.BigEndian.Uint32(b[walSumsAt+4:])
}

// lacks is the flaw of a volume whose log was put aside, now or at an earlier start.
func (f *File) lacks() {
	log := f.path + "-wal." + damaged
	if _, err := os.Lstat(log); err == nil {
		err := fmt.Errorf("volume %s %w whole: what was written last lay in its write-ahead log, which is damaged and is kept as %s", f.path, ErrUnreadable, log)
		f.short = err
		f.flaw.Store(&err)
	}
}
