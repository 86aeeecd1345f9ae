package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// casesEnv names the folder of recorded lines with what a good parser makes of them, and their checker.
const casesEnv = "MILLRACE_CASES"

func TestFormatsParseRecordedLines(t *testing.T) {
	folder := os.Getenv(casesEnv)
	if folder == "" {
		t.Skipf("set %s to the folder of recorded cases to run this test", casesEnv)
	}
	known := map[string]bool{}
	for _, f := range files {
		known[f.name] = true
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if name := strings.TrimSuffix(filepath.Base(path), ".jsonl"); !known[name] {
			t.Errorf("%s.jsonl has no pipeline here", name)
		}
	}
	scores, err := scoreAll(t.Context(), options{Cases: folder, Verbose: 5})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := report(&out, scores); err != nil {
		t.Error(err)
	}
	t.Logf("\n%s", out.String())
}

func TestTheReportSaysWhatIsBelowTheMark(t *testing.T) {
	for name, c := range map[string]struct {
		scores []score
		want   string
	}{
		"all is well":            {[]score{{rows: 100, right: 97, guessed: true}}, ""},
		"one wrong row is borne": {[]score{{rows: 33, right: 32, guessed: true}, {rows: 100, right: 100, guessed: true}}, ""},
		"two in a small file":    {[]score{{file: file{name: "a"}, rows: 33, right: 31, guessed: true}, {rows: 900, right: 900, guessed: true}}, "a has 2 wrong rows"},
		"too few in all":         {[]score{{rows: 100, right: 96, guessed: true}}, "96.0 % of all rows"},
		"a lost line":            {[]score{{rows: 100, right: 100, lost: 1, guessed: true}}, "1 invalid lines"},
		"a wrong guess":          {[]score{{rows: 100, right: 100}}, "auto is right about 0 of 1"},
	} {
		t.Run(name, func(t *testing.T) {
			err := report(&bytes.Buffer{}, c.scores)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
