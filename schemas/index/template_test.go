package index_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/millrace/millrace/schemas/index"
)

func TestTemplateLevels(t *testing.T) {
	for level, absent := range map[index.Level][]string{
		index.Full:    {},
		index.Basic:   {"match_only_text", "wildcard", "scaled_float", "scaling_factor"},
		index.Minimal: {"match_only_text", "wildcard", "scaled_float", "scaling_factor", "flattened", "depth_limit", "ignore_dynamic_beyond_limit"},
	} {
		t.Run(level.String(), func(t *testing.T) {
			body, err := index.Template(level)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range absent {
				if strings.Contains(string(body), word) {
					t.Errorf("the template holds %s", word)
				}
			}
			var tree struct {
				Patterns  []string               `json:"index_patterns"`
				Version   int                    `json:"version"`
				Priority  int                    `json:"priority"`
				AutoMake  *bool                  `json:"allow_auto_create"`
				Meta      struct{ Level string } `json:"_meta"`
				Templates struct {
					Mappings struct {
						Properties map[string]json.RawMessage `json:"properties"`
					} `json:"mappings"`
				} `json:"template"`
			}
			if err := json.Unmarshal(body, &tree); err != nil {
				t.Fatal(err)
			}
			if len(tree.Patterns) != 1 || tree.Patterns[0] != index.TemplatePattern || tree.Version != index.TemplateVersion {
				t.Errorf("pattern %v and version %d are not those of the package", tree.Patterns, tree.Version)
			}
			if tree.Priority < 500 || tree.Meta.Level != level.String() {
				t.Errorf("priority %d, level %q", tree.Priority, tree.Meta.Level)
			}
			if level == index.Minimal && tree.AutoMake != nil || level != index.Minimal && (tree.AutoMake == nil || *tree.AutoMake) {
				t.Errorf("allow_auto_create is %v", tree.AutoMake)
			}
			if tree.Templates.Mappings.Properties[index.OverflowParent] == nil {
				t.Error("there is no overflow field")
			}
		})
	}
}
