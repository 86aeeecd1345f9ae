package search

import (
	"encoding/json"
	"fmt"
	"strings"
)

// template is what the store reads of an index template; the rest is kept as it came.
type template struct {
	Patterns   []string       `json:"index_patterns"`
	Priority   int64          `json:"priority"`
	AutoCreate *bool          `json:"allow_auto_create"`
	ComposedOf []string       `json:"composed_of"`
	DataStream *struct{}      `json:"data_stream"`
	Template   map[string]any `json:"template"`
}

func (t *template) matches(name string) bool {
	for _, p := range t.Patterns {
		if globName(p, name) {
			return true
		}
	}
	return false
}

// putTemplate stores an index template.
func (c *catalog) putTemplate(name string, body []byte) error {
	var t template
	if err := json.Unmarshal(body, &t); err != nil {
		return newError(400, "x_content_parse_exception", "the index template is not understood: "+err.Error())
	}
	if len(t.Patterns) == 0 {
		return newError(400, "action_request_validation_exception", "Validation Failed: 1: index patterns are missing;")
	}
	if t.DataStream != nil {
		return newError(400, "illegal_argument_exception", "this store has no data streams")
	}
	return c.change(func(next *contents) error {
		for _, component := range t.ComposedOf {
			if next.Components[component] == nil {
				return newError(400, "invalid_index_template_exception",
					fmt.Sprintf("index_template [%s] invalid, cause [index template [%s] specifies component templates [%s] that do not exist]", name, name, component))
			}
		}
		next.Templates[name] = json.RawMessage(body)
		return nil
	})
}

// putComponent stores a component template.
func (c *catalog) putComponent(name string, body []byte) error {
	var t template
	if err := json.Unmarshal(body, &t); err != nil || t.Template == nil {
		return newError(400, "x_content_parse_exception", "a component template needs an object [template]")
	}
	return c.change(func(next *contents) error {
		next.Components[name] = json.RawMessage(body)
		return nil
	})
}

// winner returns the template of the highest priority that matches an index name; of equals the first by name.
func (d *contents) winner(index string) *template {
	var best *template
	for _, name := range sortedKeys(d.Templates) {
		var t template
		// Templates were read once when they were put.
		if err := json.Unmarshal(d.Templates[name], &t); err != nil || !t.matches(index) {
			continue
		}
		if best == nil || t.Priority > best.Priority {
			best = &t
		}
	}
	return best
}

// mayCreate says whether documents may create an index.
func (d *contents) mayCreate(index string) bool {
	t := d.winner(index)
	return t == nil || t.AutoCreate == nil || *t.AutoCreate
}

// effective is the settings, mappings and aliases that an index of this name gets.
func (d *contents) effective(index string) map[string]any {
	result := map[string]any{"settings": map[string]any{}, "mappings": map[string]any{}, "aliases": map[string]any{}}
	t := d.winner(index)
	if t == nil {
		return result
	}
	for _, component := range t.ComposedOf {
		var c template
		if err := json.Unmarshal(d.Components[component], &c); err == nil {
			merge(result, normalise(c.Template))
		}
	}
	merge(result, normalise(t.Template))
	return result
}

// normalise brings settings into the form that Elasticsearch answers: below "index", nested, values as text.
func normalise(body map[string]any) map[string]any {
	settings, ok := body["settings"].(map[string]any)
	if !ok {
		return body
	}
	nested := make(map[string]any)
	flatten("", settings, func(key string, value any) {
		if !strings.HasPrefix(key, "index.") {
			key = "index." + key
		}
		set(nested, strings.Split(key, "."), value)
	})
	result := make(map[string]any, len(body))
	for k, v := range body {
		result[k] = v
	}
	result["settings"] = nested
	return result
}

// flatten calls fn with each leaf under its dotted key.
func flatten(prefix string, o map[string]any, fn func(key string, value any)) {
	for k, v := range o {
		switch v := v.(type) {
		case map[string]any:
			flatten(prefix+k+".", v, fn)
		case []any, nil:
			fn(prefix+k, v)
		default:
			fn(prefix+k, fmt.Sprint(v))
		}
	}
}

func set(o map[string]any, path []string, value any) {
	for _, key := range path[:len(path)-1] {
		inner, ok := o[key].(map[string]any)
		if !ok {
			inner = make(map[string]any)
			o[key] = inner
		}
		o = inner
	}
	o[path[len(path)-1]] = value
}

// merge puts the values of over into base, object by object. Lists of dynamic templates are joined, as Elasticsearch does.
func merge(base, over map[string]any) {
	for k, v := range over {
		inner, isObject := v.(map[string]any)
		old, wasObject := base[k].(map[string]any)
		list, isList := v.([]any)
		oldList, wasList := base[k].([]any)
		switch {
		case isObject && wasObject:
			merge(old, inner)
		case isObject:
			fresh := make(map[string]any)
			merge(fresh, inner)
			base[k] = fresh
		case isList && wasList && k == "dynamic_templates":
			base[k] = append(append([]any{}, oldList...), list...)
		default:
			base[k] = v
		}
	}
}
