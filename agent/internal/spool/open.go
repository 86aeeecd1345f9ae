package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// suffix ends the names of the files.
const suffix = ".log"

// Glob matches the files of the spool in a folder.
func Glob(dir string) string { return filepath.Join(dir, "*"+suffix) }

// Open opens the spool in a folder, which is made if it is missing, for at most limit
// bytes. All files that are there count as sealed.
func Open(dir string, limit int64) (*Spool, error) {
	if limit < MinLimit {
		return nil, fmt.Errorf("spool %s: a limit of %d bytes is less than %d", dir, limit, MinLimit)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s := &Spool{dir: dir, limit: limit, keep: ^uint64(0), room: make(chan struct{})}
	for _, e := range entries {
		number, ok := numberOf(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		s.number = max(s.number, number)
		f := File{Number: number, Path: filepath.Join(dir, e.Name())}
		if f.Size, err = mend(f.Path); err != nil {
			return nil, fmt.Errorf("spool: %w", err)
		}
		if f.Size == 0 {
			if err := os.Remove(f.Path); err != nil {
				return nil, fmt.Errorf("spool: %w", err)
			}
			continue
		}
		s.sealed = append(s.sealed, f)
		s.held += f.Size
	}
	slices.SortFunc(s.sealed, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return s, nil
}

func numberOf(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, err == nil
}

// mend cuts off a last line without an end, gives back the room that the file does
// not use, and returns its size.
func mend(path string) (size int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	size, err = wholeLines(f, info.Size())
	if err != nil {
		return 0, err
	}
	if err := f.Truncate(size); err != nil {
		return 0, err
	}
	return size, f.Sync()
}

// wholeLines is where the last whole line ends of the first size bytes of a file.
func wholeLines(f *os.File, size int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for size > 0 {
		b := buf[:min(size, int64(len(buf)))]
		if _, err := f.ReadAt(b, size-int64(len(b))); err != nil {
			return 0, err
		}
		if end := lastLine(b); end > 0 {
			return size - int64(len(b)-end), nil
		}
		size -= int64(len(b))
	}
	return 0, nil
}

// lastLine is the end of the last whole line of b.
func lastLine(b []byte) int { return bytes.LastIndexByte(b, '\n') + 1 }

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
