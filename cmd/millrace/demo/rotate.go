package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// file is a log that is renamed away when it is full: NAME, NAME.1, NAME.2, ….
type file struct {
	path string
	max  int64
	keep int // renamed files
	f    *os.File
	size int64
}

// open opens the log to go on behind what is there.
func (l *file) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.f, l.size = f, info.Size()
	return nil
}

// write appends whole lines, to a new file where they do not fit.
func (l *file) write(lines []byte) error {
	if l.size > 0 && l.size+int64(len(lines)) > l.max {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	n, err := l.f.Write(lines)
	l.size += int64(n)
	return err
}

func (l *file) rotate() error {
	if err := l.f.Close(); err != nil {
		return err
	}
	for i := l.keep - 1; i >= 0; i-- {
		if err := os.Rename(l.name(i), l.name(i+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return l.open()
}

// name is that of the i-th renamed file; the 0th is the one written to.
func (l *file) name(i int) string {
	if i == 0 {
		return l.path
	}
	return fmt.Sprintf("%s.%d", l.path, i)
}

func (l *file) close() error { return l.f.Close() }
