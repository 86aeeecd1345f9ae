package search

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	contract "github.com/millrace/millrace/schemas/index"
)

func TestFieldCapsNameMappedAndFoundFields(t *testing.T) {
	r := newRig(t, Options{})
	template, err := contract.Template(contract.Full)
	if err != nil {
		t.Fatal(err)
	}
	if status, text := r.call("PUT", "/_index_template/"+contract.TemplateName, string(template)); status != 200 {
		t.Fatal(text)
	}
	if status, text := r.call("PUT", "/logs-shop-prod-2026.11.22", ""); status != 200 {
		t.Fatal(text)
	}
	r.load([]entry{{"logs-shop-prod-2026.11.22", "1", `{"@timestamp":"2026-11-22T10:00:00Z","message":"x","labels":{"a":"b"},"cart":{"items":3,"sum":1.5,"paid":true},"http":{"response":{"status_code":200}}}`}})
	caps := func(empty bool, fields ...string) []string {
		var got struct {
			Fields map[string]map[string]struct {
				Type     string
				Metadata bool `json:"metadata_field"`
			}
		}
		path := fmt.Sprintf("/logs-shop-*/_field_caps?fields=%s&include_empty_fields=%v", strings.Join(fields, ","), empty)
		status, text := r.call("GET", path, "")
		if err := json.Unmarshal([]byte(text), &got); err != nil || status != 200 {
			t.Fatal(status, text, err)
		}
		var all []string
		for _, name := range slices.Sorted(maps.Keys(got.Fields)) {
			for kind := range got.Fields[name] {
				all = append(all, name+" "+kind)
			}
		}
		return all
	}
	want := "[@timestamp date cart.items long cart.paid boolean cart.sum float http.response.status_code long labels.a keyword message match_only_text]"
	if got := fmt.Sprint(caps(false, "*")); got != want {
		t.Errorf("fields with values: %s", got)
	}
	if got := fmt.Sprint(caps(true, "cart.*", "user_agent.*")); got != "[cart.items long cart.paid boolean cart.sum float user_agent.name keyword user_agent.original keyword]" {
		t.Errorf("all fields: %s", got)
	}
}
