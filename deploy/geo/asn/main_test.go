package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/step"
)

// places is a pipeline's Data with one database.
type places struct{ set *geo.Set }

func (p places) Geo() *geo.Set           { return p.set }
func (p places) Table(string) step.Table { return nil }

func lists(t *testing.T, texts ...string) (paths []string) {
	t.Helper()
	for i, text := range texts {
		path := filepath.Join(t.TempDir(), string(rune('a'+i))+".csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestADatabaseOfListsAnswersTheStepGeoip(t *testing.T) {
	out := filepath.Join(t.TempDir(), "asn.mmdb")
	in := lists(t, "198.51.100.0,198.51.101.255,64501,\"Example, Inc.\"\n203.0.113.7,203.0.113.7,64502,One\n", "2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,64503,Six\n")
	if err := convert(out, in); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	db, err := geo.Open(first)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := pipeline.Compile([]byte(`[{"geoip": {"field": "message", "target_field": "source.geo"}}]`), "pipeline")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	runner := p.NewRunner().Use(places{geo.NewSet([]string{"asn.mmdb"}, []*geo.DB{db})})
	for address, want := range map[string]string{
		"198.51.101.9": `"as":{"number":64501,"organization":{"name":"Example, Inc."}}`, "203.0.113.7": `"number":64502`,
		"2001:db8::1": `"number":64503`, "203.0.113.8": "", "192.0.2.1": "",
	} {
		doc, result := runner.Run(nil, &pipeline.Input{Message: []byte(address)})
		if result.Failed || !strings.Contains(string(doc), want) || strings.Contains(string(doc), `"as"`) != (want != "") {
			t.Errorf("%s: %s, want %s", address, doc, want)
		}
	}
	if err := convert(out, in); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(out); err != nil || !bytes.Equal(first, again) {
		t.Errorf("the same lists give other bytes: %v", err)
	}
}

func TestALineThatIsNoRangeIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0,10.0.0.255,1,a\nx,y,1,b\n": "a.csv: line 2: ", "10.0.0.0,10.0.0.255,1\n": "line 1", "10.0.0.0,10.0.0.255,many,a\n": "line 1: ",
	} {
		if err := convert(filepath.Join(t.TempDir(), "o"), lists(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
