package search

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// index is what the catalogue knows of an index. Its documents bear the UUID: removing it from the catalogue removes them
// all, in one write.
type index struct {
	Name    string          `json:"name"`
	UUID    string          `json:"uuid"`
	Created int64           `json:"created"` // milliseconds since the epoch
	Body    json.RawMessage `json:"body,omitempty"`
}

func (ix *index) ref() volume.Index { return volume.Index{UUID: ix.UUID, Name: ix.Name} }

// contents is the catalogue as it is stored.
type contents struct {
	Indices    map[string]*index          `json:"indices"`
	Templates  map[string]json.RawMessage `json:"templates"`
	Components map[string]json.RawMessage `json:"components"`
	// Deleted is when indices were deleted, by UUID, in milliseconds since the epoch. An index that is neither here nor
	// among Indices was not deleted: the catalogue was lost.
	Deleted map[string]int64 `json:"deleted,omitempty"`
}

// catalog holds indices and templates in one JSON file, replaced as a whole: changes are rare. A change is on disk
// before it is seen.
type catalog struct {
	path string
	now  func() time.Time
	// restored says why the file could not be used, or is nil.
	restored error

	mu   sync.RWMutex
	data contents
}

// change lets fn edit a copy, and makes it the catalogue once it is on disk.
func (c *catalog) change(fn func(*contents) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := contents{maps.Clone(c.data.Indices), maps.Clone(c.data.Templates), maps.Clone(c.data.Components), maps.Clone(c.data.Deleted)}
	if err := fn(&next); err != nil {
		return err
	}
	b, err := json.MarshalIndent(&next, "", " ")
	if err == nil {
		c.keepCopy()
		err = replaceFile(c.path, b)
	}
	if err != nil {
		return fmt.Errorf("search: catalog: %w", err)
	}
	c.data = next
	return nil
}

// replaceFile puts a new file in the place of an old one so that a crash leaves one of them whole.
func replaceFile(path string, b []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// get returns an index by name, or nil.
func (c *catalog) get(name string) *index {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.data.Indices[name]
}

// create makes an index with the settings and mappings of its template below those of body.
func (c *catalog) create(name string, body map[string]any) (*index, error) {
	if err := checkIndexName(name); err != nil {
		return nil, err
	}
	var ix *index
	err := c.change(func(next *contents) error {
		if old := next.Indices[name]; old != nil {
			e := newError(400, "resource_already_exists_exception", fmt.Sprintf("index [%s/%s] already exists", name, old.UUID))
			e.index, e.uuid = name, old.UUID
			return e
		}
		merged := next.effective(name)
		merge(merged, normalise(body))
		raw, err := json.Marshal(merged)
		if err != nil {
			return err
		}
		ix = &index{Name: name, UUID: newUUID(), Created: c.now().UnixMilli(), Body: raw}
		next.Indices[name] = ix
		return nil
	})
	return ix, err
}

// ensure returns the index for a document, creating it where templates do not forbid that.
func (c *catalog) ensure(name string) (*index, error) {
	if ix := c.get(name); ix != nil {
		return ix, nil
	}
	if err := checkIndexName(name); err != nil {
		return nil, err
	}
	c.mu.RLock()
	allowed := c.data.mayCreate(name)
	c.mu.RUnlock()
	if !allowed {
		return nil, indexNotFound(name)
	}
	ix, err := c.create(name, nil)
	if e := (*apiError)(nil); errors.As(err, &e) && e.Type == "resource_already_exists_exception" {
		return c.ensure(name) // another request was first
	}
	return ix, err
}

// putMapping merges a mapping into those of indices; _meta gives way as a whole, as in Elasticsearch.
func (c *catalog) putMapping(indices []*index, mapping map[string]any) error {
	return c.change(func(next *contents) error {
		for _, ix := range indices {
			if next.Indices[ix.Name] == nil {
				return indexNotFound(ix.Name) // deleted meanwhile
			}
			changed := *next.Indices[ix.Name] // others may be reading the old one
			body := map[string]any{}
			if len(changed.Body) > 0 {
				if err := json.Unmarshal(changed.Body, &body); err != nil {
					return err
				}
			}
			if old, ok := body["mappings"].(map[string]any); ok && mapping["_meta"] != nil {
				delete(old, "_meta")
			}
			merge(body, map[string]any{"mappings": mapping})
			raw, err := json.Marshal(body)
			if err != nil {
				return err
			}
			changed.Body = raw
			next.Indices[ix.Name] = &changed
		}
		return nil
	})
}

// resolve returns the indices that an expression names: names and patterns with '*', separated by commas; a '-' before a
// pattern takes out. Empty and _all mean all.
func (c *catalog) resolve(expr string, ignoreUnavailable, allowNone bool) ([]*index, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	chosen := make(map[string]*index)
	if expr == "" || expr == "_all" {
		expr = "*"
	}
	for part := range strings.SplitSeq(expr, ",") {
		minus, exclude := strings.CutPrefix(part, "-")
		switch {
		case exclude && len(chosen) > 0:
			maps.DeleteFunc(chosen, func(name string, _ *index) bool { return globName(minus, name) })
		case strings.Contains(part, "*"):
			for name, ix := range c.data.Indices {
				if globName(part, name) {
					chosen[name] = ix
				}
			}
		case c.data.Indices[part] != nil:
			chosen[part] = c.data.Indices[part]
		case !ignoreUnavailable:
			return nil, indexNotFound(part)
		}
	}
	if len(chosen) == 0 && !allowNone {
		return nil, indexNotFound(expr)
	}
	list := slices.Collect(maps.Values(chosen))
	slices.SortFunc(list, func(a, b *index) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// globName matches a name against a pattern in which only '*' is special.
func globName(pattern, name string) bool {
	return query.Glob(strings.NewReplacer(`\`, `\\`, `?`, `\?`).Replace(pattern), name)
}

// uuids returns those of all indices.
func (c *catalog) uuids() map[string]bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make(map[string]bool, len(c.data.Indices))
	for _, ix := range c.data.Indices {
		all[ix.UUID] = true
	}
	return all
}

func newUUID() string {
	b := make([]byte, 16)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// checkIndexName applies Elasticsearch's rules.
func checkIndexName(name string) error {
	why := ""
	switch {
	case name == "" || name == "." || name == "..":
		why = "must not be empty, . or .."
	case len(name) > 255:
		why = "index name is too long"
	case strings.ToLower(name) != name:
		why = "must be lowercase"
	case strings.ContainsAny(name, "\\/*?\"<>| ,#:"):
		why = "must not contain the following characters [' ','\"','*','\\','<','|',',','>','/','?','#',':']"
	case strings.ContainsRune("_-+", rune(name[0])):
		why = "must not start with '_', '-', or '+'"
	default:
		return nil
	}
	e := newError(400, "invalid_index_name_exception", fmt.Sprintf("Invalid index name [%s], %s", name, why))
	e.index = name
	return e
}
