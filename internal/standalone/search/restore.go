package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/standalone/aside"
	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// Without the catalogue no index is known, and volumes of unknown indices are removed. So when its file is damaged or
// gone, the one before it is taken, and what the volumes know of their indices is added.

const (
	catalogFile = "catalog.json"
	// before is added to the name of the catalogue for the one before it.
	before = ".before"
)

// errDamaged is wrapped by errors of a catalogue whose content is wrong.
var errDamaged = errors.New("is damaged")

// openCatalog reads the catalogue, or the one before it. A damaged file is put aside; one that cannot be read now, for
// lack of a right or a descriptor, is not damaged and stays.
func openCatalog(dir string, now func() time.Time) (*catalog, error) {
	c := &catalog{path: filepath.Join(dir, catalogFile), now: now}
	why := c.read(c.path)
	if why == nil {
		return c, nil
	}
	switch {
	case errors.Is(why, errDamaged):
		moved, err := aside.Move(c.path, "damaged")
		if err != nil {
			return nil, fmt.Errorf("search: %w", errors.Join(why, err))
		}
		why = fmt.Errorf("%w; it is kept as %s", why, moved)
	case !errors.Is(why, os.ErrNotExist):
		return nil, fmt.Errorf("search: %w", why)
	}
	c.restored = why
	switch err := c.read(c.path + before); {
	case errors.Is(err, errDamaged):
		c.restored = errors.Join(why, err)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("search: %w", err)
	}
	return c, nil
}

// read takes a file's content for the catalogue's; none after an error.
func (c *catalog) read(path string) error {
	c.data = emptyContents()
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	read := emptyContents()
	if err := json.Unmarshal(b, &read); err != nil {
		return fmt.Errorf("%s %w: %w", path, errDamaged, err)
	}
	if read.Indices == nil || read.Templates == nil || read.Components == nil {
		return fmt.Errorf("%s %w: a part is missing", path, errDamaged)
	}
	for name, ix := range read.Indices {
		if ix == nil || ix.Name != name || ix.UUID == "" {
			return fmt.Errorf("%s %w: index %q is described by nothing", path, errDamaged, name)
		}
	}
	c.data = read
	return nil
}

func emptyContents() contents {
	return contents{Indices: map[string]*index{}, Templates: map[string]json.RawMessage{}, Components: map[string]json.RawMessage{}}
}

// keepCopy keeps the catalogue that is about to be replaced. Without it a damaged one is restored from the volumes alone.
func (c *catalog) keepCopy() {
	_ = os.Remove(c.path + before)
	_ = os.Link(c.path, c.path+before) // not every file system can
}

// adopt adds indices that were not deleted. Of two with the same name the first stays.
func (c *catalog) adopt(indices []volume.Index) error {
	return c.change(func(next *contents) error {
		for _, ix := range indices {
			if next.Indices[ix.Name] != nil {
				continue
			}
			body, err := json.Marshal(next.effective(ix.Name))
			if err != nil {
				return err
			}
			next.Indices[ix.Name] = &index{Name: ix.Name, UUID: ix.UUID, Created: c.now().UnixMilli(), Body: body}
		}
		return nil
	})
}

// restore adds the indices to the catalogue that only volumes know: it was lost, or a volume put back. A new store has
// neither.
func (s *Store) restore() error {
	known := s.catalog.uuids()
	var found []volume.Index
	for _, day := range slices.Sorted(maps.Keys(s.days)) {
		for _, f := range s.days[day] {
			for _, ix := range f.Indices() {
				if !known[ix.UUID] && !s.catalog.deleted(ix.UUID) {
					found = append(found, ix)
				}
			}
		}
	}
	if len(found) > 0 {
		slices.Reverse(found) // an index that was deleted and made again: the later one counts
		if err := s.catalog.adopt(found); err != nil {
			return err
		}
	}
	why := s.catalog.restored
	if len(found) == 0 && (why == nil || len(known)+len(s.lost)+len(s.catalog.data.Templates) == 0) {
		return nil
	}
	s.opts.Logger.Error("the list of indices was incomplete and is restored from the one before it and from the events; indices that were deleted last may be back, those that were made last may have forgotten their retention",
		"indices", len(s.catalog.data.Indices), "error", why)
	return nil
}
