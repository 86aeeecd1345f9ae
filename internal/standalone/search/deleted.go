package search

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// maxDeleted is how many deleted indices are remembered of which no volume has documents: such a volume may have been
// moved away, and be put back.
const maxDeleted = 5000

// removeIndices takes indices out and remembers that they were deleted. held has the UUIDs of which volumes have documents.
func (c *catalog) removeIndices(unwanted func(*index) bool, held map[string]bool) error {
	c.mu.RLock()
	found := false
	for _, ix := range c.data.Indices {
		found = found || unwanted(ix)
	}
	c.mu.RUnlock()
	if !found {
		return nil
	}
	return c.change(func(next *contents) error {
		if next.Deleted == nil {
			next.Deleted = make(map[string]int64)
		}
		maps.DeleteFunc(next.Indices, func(_ string, ix *index) bool {
			if !unwanted(ix) {
				return false
			}
			next.Deleted[ix.UUID] = c.now().UnixMilli()
			return true
		})
		next.forget(held)
		return nil
	})
}

// forget drops the oldest of the deleted indices that no volume holds.
func (d *contents) forget(held map[string]bool) {
	var free []string
	for uuid := range d.Deleted {
		if !held[uuid] {
			free = append(free, uuid)
		}
	}
	if len(free) <= maxDeleted {
		return
	}
	slices.SortFunc(free, func(a, b string) int { return cmp.Compare(d.Deleted[a], d.Deleted[b]) })
	for _, uuid := range free[:len(free)-maxDeleted] {
		delete(d.Deleted, uuid)
	}
}

// deleted says whether an index was deleted.
func (c *catalog) deleted(uuid string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	_, ok := c.data.Deleted[uuid]
	return ok
}

// held are the UUIDs of indices of which volumes have documents. It runs on the writer.
func (s *Store) held() map[string]bool {
	held := make(map[string]bool)
	for _, files := range s.days {
		for _, f := range files {
			for _, ix := range f.Indices() {
				held[ix.UUID] = true
			}
		}
	}
	return held
}

// sweep removes the files of days of which all indices were deleted. It runs on the writer.
func (s *Store) sweep() error {
	var dead []*volume.File
	s.mu.Lock()
	for day, files := range s.days {
		if !slices.ContainsFunc(files, s.needed) {
			dead = append(dead, files...)
			delete(s.days, day)
		}
	}
	s.mu.Unlock()
	var err error
	for _, f := range dead {
		if s.flawed(f) {
			s.metrics.damaged.Dec()
		}
		err = errors.Join(err, f.Remove())
	}
	return err
}

// needed says whether a volume has documents of an index that was not deleted.
func (s *Store) needed(f *volume.File) bool {
	return slices.ContainsFunc(f.Indices(), func(ix volume.Index) bool { return !s.catalog.deleted(ix.UUID) })
}
