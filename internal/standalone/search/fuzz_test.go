package search

import (
	"errors"
	"strings"
	"testing"
)

func FuzzBulkBody(f *testing.F) {
	doc := `{"@timestamp":"2026-11-22T12:00:00Z","message":"x"}`
	f.Add(`{"create":{"_index":"a","_id":"1"}}` + "\n" + doc + "\n")
	f.Add(`{"index":{}}` + "\r\n" + doc + "\r\n")
	f.Add("{\"create\":{\"_index\":\"a\"}}\n{\"broken\n{\"index\":{\"_index\":\"b\"}}\n\n")
	f.Add("\n{}\n\n")
	f.Fuzz(func(t *testing.T, body string) {
		actions, err := parseBulk(body, "default")
		if err != nil {
			var e *apiError
			if !errors.As(err, &e) || e.Status != 400 {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		for _, a := range actions {
			if a.kind != "create" && a.kind != "index" || strings.Contains(a.source, "\n") || !strings.Contains(body, a.source) {
				t.Fatalf("%q gives %+v", body, a)
			}
		}
	})
}
