package index

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// TemplateName is the name under which the index template is installed.
const TemplateName = "millrace-logs"

// TemplatePattern is what the template applies to: four parts, the last beginning
// with a year. It is narrower than Pattern, because `logs-<dataset>-<namespace>`
// belongs to data streams of others, which no '-' can be part of.
const TemplatePattern = "logs-*-*-2*"

// TemplateVersion grows with every change of the template.
const TemplateVersion = 1

// Where a document keeps values that do not fit the mapping: the object
// OverflowParent holds the field OverflowField, which takes any value.
const (
	OverflowParent = "millrace"
	OverflowField  = "overflow"
)

// Level says how much of the template a server understands.
type Level int

// The levels, from the fullest. Every level has the same fields.
const (
	// Full is for Elastic's own distribution.
	Full Level = iota
	// Basic does without the field types of its extensions.
	Basic
	// Minimal also does without flattened fields and recent settings; OpenSearch takes it.
	Minimal
)

// Levels are all levels in the order in which to try them.
func Levels() []Level { return []Level{Full, Basic, Minimal} }

// String names the level as logs show it.
func (l Level) String() string {
	switch l {
	case Full:
		return "full"
	case Basic:
		return "basic"
	default:
		return "minimal"
	}
}

//go:embed template.json
var fullTemplate []byte

// Template is the body of PUT _index_template/TemplateName at a level.
func Template(l Level) ([]byte, error) {
	var tree map[string]any
	if err := json.Unmarshal(fullTemplate, &tree); err != nil {
		return nil, fmt.Errorf("index template: %w", err)
	}
	tree["_meta"].(map[string]any)["level"] = l.String()
	if l >= Basic {
		degrade(tree, basicTypes)
	}
	if l >= Minimal {
		degrade(tree, minimalTypes)
		dropRecent(tree)
	}
	return json.Marshal(tree)
}

// replacement is the mapping to take instead of a field type.
type replacement struct {
	to   string
	set  map[string]any
	drop []string
}

var basicTypes = map[string]replacement{
	"match_only_text": {to: "text", set: map[string]any{"norms": false}},
	"wildcard":        {to: "keyword", set: map[string]any{"ignore_above": 1024}},
	"scaled_float":    {to: "float", drop: []string{"scaling_factor"}},
}

var minimalTypes = map[string]replacement{
	// Kept in the document, shown, but not searchable.
	"flattened": {to: "object", set: map[string]any{"enabled": false}, drop: []string{"ignore_above", "depth_limit"}},
}

// degrade replaces field types everywhere in a tree of JSON.
func degrade(tree any, by map[string]replacement) {
	switch v := tree.(type) {
	case []any:
		for _, e := range v {
			degrade(e, by)
		}
	case map[string]any:
		if name, ok := v["type"].(string); ok {
			if r, ok := by[name]; ok {
				r.apply(v)
			}
		}
		for _, e := range v {
			degrade(e, by)
		}
	}
}

func (r replacement) apply(field map[string]any) {
	field["type"] = r.to
	for k, v := range r.set {
		field[k] = v
	}
	for _, k := range r.drop {
		delete(field, k)
	}
}

// dropRecent removes what servers learned late. OpenSearch knows no allow_auto_create:
// there a late bulk makes an index anew that was deleted, unless the cluster's setting
// action.auto_create_index forbids it.
func dropRecent(tree map[string]any) {
	delete(tree, "allow_auto_create")
	template := tree["template"].(map[string]any)
	settings := template["settings"].(map[string]any)["index"].(map[string]any)
	total := settings["mapping"].(map[string]any)["total_fields"].(map[string]any)
	delete(total, "ignore_dynamic_beyond_limit")
	rules := template["mappings"].(map[string]any)["dynamic_templates"].([]any)
	for _, rule := range rules { // lists of patterns are recent too
		for _, r := range rule.(map[string]any) {
			lastOf(r.(map[string]any), "path_match")
			lastOf(r.(map[string]any), "match_mapping_type")
		}
	}
}

// lastOf replaces a list by its last element, which is the most general.
func lastOf(rule map[string]any, key string) {
	if list, ok := rule[key].([]any); ok {
		rule[key] = list[len(list)-1]
	}
}
