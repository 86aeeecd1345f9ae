package search

import (
	"bytes"
	"encoding/json"

	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

// filterSource keeps the chosen parts of a document. Without a choice the document stays as it is, byte for byte.
func filterSource(source []byte, f dsl.SourceFilter) ([]byte, error) {
	if len(f.Includes) == 0 && len(f.Excludes) == 0 {
		return source, nil
	}
	dec := json.NewDecoder(bytes.NewReader(source))
	dec.UseNumber()
	var o map[string]any
	if err := dec.Decode(&o); err != nil {
		return nil, err
	}
	return json.Marshal(filterObject(o, "", f, len(f.Includes) == 0))
}

// filterObject keeps what is included and not excluded; inside says that an object above is included.
func filterObject(o map[string]any, prefix string, f dsl.SourceFilter, inside bool) map[string]any {
	kept := make(map[string]any)
	for k, v := range o {
		path := prefix + k
		if anyGlob(f.Excludes, path) {
			continue
		}
		in := inside || anyGlob(f.Includes, path)
		if inner, ok := v.(map[string]any); ok {
			if part := filterObject(inner, path+".", f, in); len(part) > 0 || in && len(inner) == 0 {
				kept[k] = part
			}
			continue
		}
		if in {
			kept[k] = v
		}
	}
	return kept
}

func anyGlob(patterns []string, path string) bool {
	for _, p := range patterns {
		if globName(p, path) {
			return true
		}
	}
	return false
}
