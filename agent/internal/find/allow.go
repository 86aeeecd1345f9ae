package find

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/source"
)

// Causes of refusals, for those who count them.
var (
	// ErrNotAllowed: the file lies outside the allowed paths.
	ErrNotAllowed = errors.New("outside allow_paths")
	// ErrNotRegular: it is no regular file.
	ErrNotRegular = errors.New("not a regular file")
)

// Allow is the list of globs of files that may be read.
type Allow []string

// Covers reports whether a path lies under the allowed ones.
func (a Allow) Covers(path string) bool {
	for _, glob := range a {
		if doublestar.MatchUnvalidated(glob, path) {
			return true
		}
	}
	return false
}

// Opened is a file that may be read.
type Opened struct {
	File *os.File
	// Real is its path with symlinks resolved.
	Real string
	Info source.Info
}

// Open opens the regular file that path leads to. Path, what it resolves to and
// what was really opened must all be allowed: between resolving and opening,
// somebody may swap a directory for a symlink, and only the descriptor tells.
// It never waits, not even on a named pipe.
func (a Allow) Open(path string) (*Opened, error) {
	if !a.Covers(path) {
		return nil, refuse(path, ErrNotAllowed)
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	return a.openReal(real)
}

// OpenReal is Open for a path without symlinks.
func (a Allow) OpenReal(path string) (*Opened, error) { return a.openReal(path) }

func (a Allow) openReal(real string) (*Opened, error) {
	if !a.Covers(real) {
		return nil, refuse(real, ErrNotAllowed)
	}
	f, err := os.OpenFile(real, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	info, err := a.check(f, real)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Opened{File: f, Real: real, Info: info}, nil
}

func (a Allow) check(f *os.File, real string) (source.Info, error) {
	info, err := source.Full(int(f.Fd()))
	if err != nil {
		return info, fmt.Errorf("%s: %w", real, err)
	}
	if !info.Regular {
		return info, NotRegular(real, info.Mode)
	}
	now, err := PathOf(f)
	if err != nil {
		return info, err
	}
	if now != real && !a.Covers(now) {
		return info, refuse(now, ErrNotAllowed)
	}
	return info, nil
}

// PathOf is where an open file lies now, whatever it was called when it was
// opened. For a deleted file, or a name of it that is deleted, the error is
// fs.ErrNotExist.
func PathOf(f *os.File) (string, error) {
	now, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
	if err != nil {
		return "", fmt.Errorf("path of %s: %w", f.Name(), err)
	}
	if strings.HasSuffix(now, " (deleted)") {
		if info, err := source.Stat(int(f.Fd())); err == nil && !leadsTo(now, info.Key) {
			return "", &fs.PathError{Op: "path of", Path: f.Name(), Err: fs.ErrNotExist}
		}
	}
	return now, nil
}

func leadsTo(path string, key source.Key) bool {
	info, err := source.StatPath(path)
	return err == nil && info.Key.Named(key)
}

// NotRegular is ErrNotRegular that says what the path leads to instead.
func NotRegular(path string, mode fs.FileMode) error {
	return refuse(path, fmt.Errorf("%w: %s", ErrNotRegular, kind(mode)))
}

func refuse(path string, cause error) error { return fmt.Errorf("%s: %w", path, cause) }

func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeDir != 0:
		return "a folder"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
