package tail

import (
	"os"
	"path/filepath"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/source"
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
		if kept, ok := t.keptIn(file, f, c, n); ok {
			most, copied = max(most, kept), true
		}
	}
	for o := range t.adrift { // to deleted copies no path leads
		if o.deleted && o.f != nil && sharesFolder(o, f) {
			ask(o.f)
		}
	}
	folder := filepath.Dir(f.src.Path)
	if len(t.folders[folder]) > crowded {
		return most, copied // there copies are read like any other file, and not looked for
	}
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

// proofBytes is up to where it is proven byte by byte that a file is the copy of another,
// while others wait for their turns. Of a longer plain file the mark, far behind the head,
// must do; of a longer compressed one it is not known.
const proofBytes = 64 << 20

// keptIn is how many of n bytes of f behind a cut are in another file, if it is a copy.
func (t *Tailer) keptIn(other *os.File, f *file, c *state.Cut, n uint64) (kept uint64, copied bool) {
	if isPacked(other) {
		return t.keptPacked(unzip.New(other, state.PrintBytes), c, n)
	}
	info, err := source.Stat(int(other.Fd()))
	if err != nil || info.Size < c.Off || !t.hasHead(other, c.Print, c.PrintLen) {
		return 0, false
	}
	if c.Off <= proofBytes {
		copied = t.beginsWith(other, c)
	} else {
		copied = f.markOff > 0 && hashes(other, f.markOff, t.scratch[:state.MarkBytes], f.mark)
	}
	if !copied {
		return 0, false
	}
	return min(n, info.Size-c.Off), true
}

// keptPacked is the same for a compressed file.
func (t *Tailer) keptPacked(plain *unzip.Reader, c *state.Cut, n uint64) (kept uint64, copied bool) {
	if c.Off > proofBytes || !t.hasHead(plain, c.Print, c.PrintLen) || !t.beginsWith(plain, c) {
		return 0, false
	}
	buf := make([]byte, turnBytes)
	for n = min(n, proofBytes); kept < n; {
		m, err := plain.ReadAt(buf[:min(uint64(len(buf)), n-kept)], int64(c.Off+kept))
		if kept += uint64(m); err != nil {
			break
		}
	}
	return kept, true
}
