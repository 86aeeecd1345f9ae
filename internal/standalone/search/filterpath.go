package search

import (
	"encoding/json"
	"net/http"
	"strings"
)

// pathFilter is the parameter filter_path: which parts of an answer are sent. '*' stands for one key, '**' for any.
type pathFilter struct{ paths [][]string }

func newPathFilter(param string) *pathFilter {
	f := &pathFilter{}
	for p := range strings.SplitSeq(param, ",") {
		if p != "" {
			f.paths = append(f.paths, strings.Split(p, "."))
		}
	}
	return f
}

// keeps says whether the value at a path, or something in it, is sent.
func (f *pathFilter) keeps(path ...string) bool {
	if f == nil || len(f.paths) == 0 {
		return true
	}
	for _, p := range f.paths {
		if overlaps(p, path) {
			return true
		}
	}
	return false
}

// overlaps says whether a pattern names the path, something above it or something below it.
func overlaps(pattern, path []string) bool {
	switch {
	case len(pattern) == 0 || len(path) == 0:
		return true
	case pattern[0] == "**":
		return true
	}
	return globName(pattern[0], path[0]) && overlaps(pattern[1:], path[1:])
}

// apply filters an answer.
func (f *pathFilter) apply(body []byte) []byte {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return body
	}
	v, ok := prune(v, f.paths)
	if !ok {
		return []byte("{}")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return body
	}
	return b
}

// prune keeps what the patterns name. Lists are transparent.
func prune(v any, patterns [][]string) (any, bool) {
	for _, p := range patterns {
		if len(p) == 0 || len(p) == 1 && p[0] == "**" {
			return v, true
		}
	}
	switch v := v.(type) {
	case map[string]any:
		kept := make(map[string]any)
		for k, inner := range v {
			if next := step(patterns, k); len(next) > 0 {
				if inner, ok := prune(inner, next); ok {
					kept[k] = inner
				}
			}
		}
		return kept, len(kept) > 0
	case []any:
		var kept []any
		for _, inner := range v {
			if inner, ok := prune(inner, patterns); ok {
				kept = append(kept, inner)
			}
		}
		return kept, len(kept) > 0
	}
	return nil, false
}

// step returns what is left of the patterns after one key.
func step(patterns [][]string, key string) [][]string {
	var next [][]string
	for _, p := range patterns {
		switch {
		case p[0] == "**":
			next = append(next, p)
			if len(p) > 1 && globName(p[1], key) {
				next = append(next, p[2:])
			}
		case globName(p[0], key):
			next = append(next, p[1:])
		}
	}
	return next
}

// filtersItself says whether a handler has applied filter_path already.
func filtersItself(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "_bulk") }
