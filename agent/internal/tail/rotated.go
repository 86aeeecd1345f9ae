package tail

import (
	"path/filepath"
	"regexp"
)

// rotation is what a rotation by renaming appends to the name of a log: a number, a date,
// or both.
var rotation = regexp.MustCompile(`^(.+?)([._-][0-9]+)+$`)

// logOf is the path that the file at a path had while it was written to, as far as its name
// tells.
func logOf(path string) string {
	dir, name := filepath.Split(path)
	return dir + rotation.ReplaceAllString(name, "$1")
}

// predecessor is the file in which an event may lie that f goes on with; nil: there is
// none. Where the agent looked on it is the one that had the path of f before. A log that
// was rotated more than once while nobody did has files between those two, and which
// follows which their births tell.
func (t *Tailer) predecessor(f *file) *file {
	if !f.traced && t.scans > 0 {
		f.traced, f.before = true, t.bornBefore(f)
	}
	if old := f.before; old != nil && old.src.Key.Birth > f.src.Key.Birth {
		return nil // f was moved here, and two files must not wait for each other
	}
	return f.before
}

// bornBefore is the youngest of the rotated files of a log that are older than f. Where none
// of them was known before, they all lay there when the agent first came, and do not wait
// for each other.
func (t *Tailer) bornBefore(f *file) *file {
	log := logOf(f.src.Path)
	folder := t.folders[filepath.Dir(log)]
	if _, spooled := t.spooled(f.name); spooled || len(folder) > crowded || t.reals[log] == nil && t.left[log] == nil {
		return f.before
	}
	last, known := f.before, f.before != nil
	for g := range folder {
		if g.real == log || logOf(g.real) != log || g.src.Collection != f.src.Collection || g.src.Key.Birth >= f.src.Key.Birth {
			continue
		}
		known = known || g.met.IsZero()
		if last == nil || last.src.Key.Birth < g.src.Key.Birth {
			last = g
		}
	}
	if !known {
		return nil
	}
	return last
}
