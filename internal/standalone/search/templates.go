package search

import (
	"encoding/json"
	"fmt"
	"net/http"
)

var acknowledged = map[string]any{"acknowledged": true}

func (s *Store) putTemplate(r *http.Request) (int, any, error) {
	body, err := s.readBody(r)
	if err == nil {
		err = s.catalog.putTemplate(param(r, "name"), []byte(body))
	}
	return http.StatusOK, acknowledged, err
}

func (s *Store) putComponent(r *http.Request) (int, any, error) {
	body, err := s.readBody(r)
	if err == nil {
		err = s.catalog.putComponent(param(r, "name"), []byte(body))
	}
	return http.StatusOK, acknowledged, err
}

func (s *Store) getTemplates(r *http.Request) (int, any, error) {
	return s.stored(r, "index_template", func(d *contents) map[string]json.RawMessage { return d.Templates })
}

func (s *Store) getComponents(r *http.Request) (int, any, error) {
	return s.stored(r, "component_template", func(d *contents) map[string]json.RawMessage { return d.Components })
}

// stored answers templates of one kind by name or pattern.
func (s *Store) stored(r *http.Request, kind string, of func(*contents) map[string]json.RawMessage) (int, any, error) {
	pattern := param(r, "name")
	s.catalog.mu.RLock()
	defer s.catalog.mu.RUnlock()
	all := of(&s.catalog.data)
	list := []any{}
	for _, name := range sortedKeys(all) {
		if pattern == "" || globName(pattern, name) {
			list = append(list, map[string]any{"name": name, kind: all[name]})
		}
	}
	if len(list) == 0 && pattern != "" {
		return 0, nil, newError(http.StatusNotFound, "resource_not_found_exception", fmt.Sprintf("%s matching [%s] not found", kind, pattern))
	}
	return http.StatusOK, map[string]any{kind + "s": list}, nil
}

func (s *Store) deleteTemplate(r *http.Request) (int, any, error) {
	name := param(r, "name")
	err := s.catalog.change(func(next *contents) error {
		if next.Templates[name] == nil {
			return newError(http.StatusNotFound, "resource_not_found_exception", fmt.Sprintf("index_template matching [%s] not found", name))
		}
		delete(next.Templates, name)
		return nil
	})
	return http.StatusOK, acknowledged, err
}

// simulateIndex answers what an index of a name would get.
func (s *Store) simulateIndex(r *http.Request) (int, any, error) {
	name := param(r, "index")
	if err := checkIndexName(name); err != nil {
		return 0, nil, err
	}
	s.catalog.mu.RLock()
	defer s.catalog.mu.RUnlock()
	if s.catalog.data.winner(name) == nil {
		return http.StatusOK, map[string]any{}, nil
	}
	return http.StatusOK, map[string]any{"template": s.catalog.data.effective(name), "overlapping": []any{}}, nil
}
