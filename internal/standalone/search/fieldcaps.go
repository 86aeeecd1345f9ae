package search

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/query/address"
	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

// capsSample is how many of the newest documents are looked into for fields that no
// mapping names. A field that is in none of them is not found.
const capsSample = 300

// fieldCaps serves _field_caps: the fields of the mappings, and those of the newest
// documents. With include_empty_fields=false only the latter.
func (s *Store) fieldCaps(r *http.Request) (int, any, error) {
	for name := range r.URL.Query() {
		switch name {
		case "fields", "include_empty_fields", "ignore_unavailable", "allow_no_indices", "filter_path", "pretty", "expand_wildcards":
		default:
			return 0, nil, newError(400, "illegal_argument_exception", fmt.Sprintf("the parameter [%s] is not supported by this store", name))
		}
	}
	patterns := strings.Split(r.URL.Query().Get("fields"), ",")
	if patterns[0] == "" {
		return 0, nil, newError(400, "action_request_validation_exception", "Validation Failed: 1: no fields specified;")
	}
	indices, err := s.indicesOf(r)
	if err != nil {
		return 0, nil, err
	}
	mapped := make(map[string]string)
	for _, ix := range indices {
		mappings, _ := ix.describe()["mappings"].(map[string]any)
		mappedFields("", mappings, mapped)
	}
	types, err := s.sampledFields(r, indices, mapped)
	if err != nil {
		return 0, nil, err
	}
	if flag(r, "include_empty_fields", true) {
		types = mapped // which the sampled ones were added to
	}
	names := make([]string, len(indices))
	for i, ix := range indices {
		names[i] = ix.Name
	}
	return http.StatusOK, map[string]any{"indices": names, "fields": caps(types, patterns)}, nil
}

// mappedFields adds the fields of a mapping with their types.
func mappedFields(prefix string, mapping map[string]any, types map[string]string) {
	properties, _ := mapping["properties"].(map[string]any)
	for name, value := range properties {
		field, _ := value.(map[string]any)
		if kind, _ := field["type"].(string); kind != "" && kind != "object" {
			types[prefix+name] = kind
		}
		mappedFields(prefix+name+".", field, types)
	}
}

// sampledFields are the fields of the newest documents, with the types that mapped
// says, or that the template would give them; these are added to mapped.
func (s *Store) sampledFields(r *http.Request, indices []*index, mapped map[string]string) (map[string]string, error) {
	req, err := dsl.ParseSearch(fmt.Appendf(nil, `{"size":%d,"track_total_hits":false,"sort":[{"@timestamp":"desc"}]}`, capsSample), s.opts.Now())
	if err != nil {
		return nil, err
	}
	release, err := s.turn(r.Context())
	if err != nil {
		return nil, err
	}
	defer release()
	ans, err := s.find(r.Context(), indices, req)
	if err != nil {
		return nil, err
	}
	types := make(map[string]string)
	var parser document.Parser
	var doc document.Doc
	for i := range ans.hits {
		if err := parser.Parse(string(ans.hits[i].Source), &doc); err != nil {
			continue // it was read when it was stored
		}
		for _, l := range doc.Leaves {
			if mapped[l.Path] == "" {
				mapped[l.Path] = typeOf(l)
			}
			types[l.Path] = mapped[l.Path]
		}
	}
	return types, nil
}

// typeOf is the type by which the store treats a leaf that no mapping names.
func typeOf(l document.Leaf) string {
	switch {
	case l.Path == document.TimeField:
		return "date"
	case l.Path == document.MessageField:
		return "text"
	case l.Kind == document.String && address.Field(l.Path):
		return "ip"
	case l.Kind == document.Bool:
		return "boolean"
	case l.Kind == document.Number && strings.ContainsAny(l.Text, ".eE"):
		return "float"
	case l.Kind == document.Number:
		return "long"
	}
	return "keyword"
}

// caps describes the fields that match a pattern.
func caps(types map[string]string, patterns []string) map[string]any {
	fields := make(map[string]any, len(types))
	for name, kind := range types {
		for _, p := range patterns {
			if query.Glob(p, name) {
				fields[name] = map[string]any{kind: map[string]any{
					"type": kind, "metadata_field": false, "searchable": true, "aggregatable": !strings.HasSuffix(kind, "text"),
				}}
			}
		}
	}
	return fields
}
