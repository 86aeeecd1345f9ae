package table

import (
	"encoding/json"
	"testing"
)

// FuzzRead reads any file as a table. What it holds is valid JSON, and found by key or by address.
func FuzzRead(f *testing.F) {
	f.Add([]byte("net,team,zone\n10.0.0.0/8,core,\nx,y,\"a\"\"b\"\n"), "net", "10.1.2.3")
	f.Add([]byte(`{"a": {"team": {"name": "core"}, "list": [1, 2]}, "2001:db8::/32": "plain"}`), "", "2001:db8::1")
	f.Add([]byte(`[{"id": 7, "team": "core"}, {"id": "8", "x": 1e3}]`), "id", "7")
	f.Fuzz(func(t *testing.T, file []byte, key, asked string) {
		for _, read := range []func([]byte, string) (*Table, error){FromCSV, FromJSON} {
			table, err := read(file, key)
			if err != nil {
				continue
			}
			for _, find := range []func([]byte) (Row, bool){table.Find, table.FindNet} {
				row, _ := find([]byte(asked))
				for _, c := range row {
					if text, _ := c.Value.Append(nil); !json.Valid(text) {
						t.Fatalf("%s is %q", c.Name, text)
					}
				}
			}
		}
	})
}
