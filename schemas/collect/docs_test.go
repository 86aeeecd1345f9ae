package collect

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheDocumentTellsOfEveryKey: docs/collections.md has a row for each key, and its
// examples are collections.
func TestTheDocumentTellsOfEveryKey(t *testing.T) {
	b, err := os.ReadFile("../../docs/collections.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, key := range schemaKeys(t) {
		if !strings.Contains(text, "\n| `"+key+"` |") && key != "hosts" && key != "labels" {
			t.Errorf("there is no row for %s", key)
		}
	}
	examples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(examples) < 5 {
		t.Errorf("only %d examples", len(examples))
	}
	for _, example := range examples {
		if _, problems := Parse("x", []byte(example[1])); len(problems) > 0 {
			t.Errorf("%v in\n%s", problems, example[1])
		}
	}
}

// schemaKeys are all keys of the schema, those of nested objects included.
func schemaKeys(t *testing.T) []string {
	t.Helper()
	var all []string
	var walk func(raw json.RawMessage)
	walk = func(raw json.RawMessage) {
		var node struct {
			Properties map[string]json.RawMessage
			AnyOf      []json.RawMessage
		}
		if err := json.Unmarshal(raw, &node); err != nil {
			t.Fatal(err)
		}
		for key, sub := range node.Properties {
			all = append(all, key)
			walk(sub)
		}
		for _, sub := range node.AnyOf {
			walk(sub)
		}
	}
	walk(Schema)
	if len(all) < len(keys) {
		t.Fatalf("only %v", all)
	}
	return all
}
