package tail

import (
	"os"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/agent/internal/source"
)

// A file that has left its path is looked for among all that lie in its folder. Of a folder
// of very many files so many may go at once that looking into it for each would keep the
// tailer from reading for minutes. So what lies in a crowded one is remembered for a while.

// listingShare is for how many times as long as it took a listing is believed.
const listingShare = 10

// listing is what lay in a folder when it was looked into.
type listing struct {
	dir     string
	entries []os.DirEntry
	inodes  map[uint64][]string // the names of regular files
	until   time.Time
}

// list looks into a folder, unless it has done so just now.
func (t *Tailer) list(dir string) (*listing, error) {
	begin := time.Now()
	if t.listed != nil && t.listed.dir == dir && begin.Before(t.listed.until) {
		return t.listed, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	l := &listing{dir: dir, entries: entries, inodes: make(map[uint64][]string, len(entries))}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if info, err := source.StatPath(filepath.Join(dir, e.Name())); err == nil {
			l.inodes[info.Key.Inode] = append(l.inodes[info.Key.Inode], e.Name())
		}
	}
	if t.listed = nil; len(entries) > crowded {
		now := time.Now()
		l.until = now.Add(listingShare * now.Sub(begin))
		t.listed = l
	}
	return l, nil
}

// relocate looks for a closed file that has left its path, among the files of the
// same folder: that is where log rotation puts them. One that was moved within a crowded
// folder only now a notice or a later scan finds.
func (t *Tailer) relocate(f *file) bool {
	if f.real != "" && t.leadsTo(f.real, f) {
		return true
	}
	l, err := t.list(filepath.Dir(f.src.Path))
	if err != nil {
		return false
	}
	for _, name := range l.inodes[f.src.Key.Inode] {
		path := filepath.Join(l.dir, name)
		if info, err := source.StatPath(path); err == nil && t.is(f, path, info.Key) {
			t.place(f, path)
			f.missing = 0
			return true
		}
	}
	return false
}
