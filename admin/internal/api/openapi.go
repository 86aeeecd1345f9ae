package api

import (
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/schemas/collect"
)

// configSchema is the name of a collection config in the description.
const configSchema = "Collection"

// describe writes the description of the API, with the schema of a collection as
// schemas/collect has it.
func describe(o *huma.OpenAPI) ([]byte, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Components map[string]map[string]json.RawMessage `json:"components"`
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	schemas := doc.Components["schemas"]
	if schemas == nil {
		return nil, fmt.Errorf("it has no schemas")
	}
	schemas[configSchema] = collect.Schema
	if all["components"], err = json.Marshal(doc.Components); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}
