package find

import (
	"path/filepath"
	"slices"
)

// names are those under which globs find what lies at a path without symlinks: links may
// lead to one place from several, which belong to different collections.
type names map[string][]string

// mostNames bounds the names of one place. A scan comes to those of the rules that go first
// before it comes to others.
const mostNames = 16

// add notes names of a path, each once.
func (n names) add(path string, all ...string) {
	for _, name := range all {
		if len(n[path]) < mostNames && !slices.Contains(n[path], name) {
			n[path] = append(n[path], name)
		}
	}
}

// within are the names of an entry of a folder that has these.
func within(folder []string, entry string) []string {
	inner := make([]string, len(folder))
	for i, name := range folder {
		inner[i] = filepath.Join(name, entry)
	}
	return inner
}

// namesOf is how globs would find what lies at a path.
func (f *Finder) namesOf(path string) []string {
	return append(within(f.dirs[filepath.Dir(path)], filepath.Base(path)), f.links[path]...)
}

// ownerOf is the first rule that takes what has these names, and the name by which it does.
func (f *Finder) ownerOf(all []string) (name string, rank int, ok bool) {
	for _, n := range all {
		if r, takes := owner(f.rules, n); takes && (!ok || r < rank) {
			name, rank, ok = n, r, true
		}
	}
	return name, rank, ok
}
