package tail

import (
	"io"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/agent/internal/unzip"
)

// A cut may take bytes away that were there and not yet read. Whoever copies and truncates
// has the copy complete before the log is cut, but the tailer may see the cut before it is
// told of the copy, or before the copy's turn. So the folder itself is asked. What no copy
// has that is read in its turn is lost.

// kept is how many of the n bytes that a cut took away unread are still to be read from a
// copy, and whether there is one.
func (t *Tailer) kept(f *file, c *state.Cut, n uint64) (most uint64, copied bool) {
	if c == nil {
		return 0, false
	}
	ask := func(file *os.File) {
		if kept, ok := t.keptIn(file, c, n); ok {
			most, copied = max(most, kept), true
		}
	}
	for o := range t.adrift { // to deleted copies no path leads
		if o.deleted && o.f != nil && sharesFolder(o, f) {
			ask(o.f)
		}
	}
	folder := filepath.Dir(f.src.Path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return most, copied
	}
	for _, e := range entries {
		if copied && most == n {
			break
		}
		path := filepath.Join(folder, e.Name())
		if !e.Type().IsRegular() || path == f.real {
			continue
		}
		gzip, collected := t.collects(path, filepath.Join(filepath.Dir(f.name), e.Name()))
		if !collected {
			continue
		}
		o, err := t.cfg.Allow.OpenReal(path)
		if err != nil {
			continue // it is not read
		}
		if gzip || !isPacked(o.File) {
			ask(o.File)
		}
		_ = o.File.Close() // only read
	}
	return most, copied
}

// collects reports whether a collection takes a file by one of its paths, and whether it
// wants compressed ones.
func (t *Tailer) collects(paths ...string) (gzip, ok bool) {
	for _, path := range paths {
		if claims := find.Claims(t.set.Views, path); len(claims) > 0 {
			return claims[0].View.Gzip, true
		}
	}
	return false, false
}

// keptIn is how many of n bytes behind a cut are in a file, if it is a copy.
func (t *Tailer) keptIn(file *os.File, c *state.Cut, n uint64) (kept uint64, copied bool) {
	var r io.ReaderAt = file
	if isPacked(file) {
		r = unzip.New(file, state.PrintBytes)
	}
	if !t.beginsWith(r, c) {
		return 0, false
	}
	buf := make([]byte, turnBytes)
	for kept < n {
		m, err := r.ReadAt(buf[:min(uint64(len(buf)), n-kept)], int64(c.Off+kept))
		if kept += uint64(m); err != nil {
			break
		}
	}
	return kept, true
}
