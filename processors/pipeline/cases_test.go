package pipeline

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// casesEnv names the folder of recorded lines with what a good parser makes of them, and their checker.
const casesEnv = "MILLRACE_CASES"

// TestRecordedLinesGiveTheExpectedFields scores formats on lines from the test suites of other projects.
func TestRecordedLinesGiveTheExpectedFields(t *testing.T) {
	folder := os.Getenv(casesEnv)
	if folder == "" {
		t.Skipf("set %s to the folder of recorded cases to run this test", casesEnv)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("the checker of the cases needs python3:", err)
	}
	for file, pipeline := range map[string]string{
		"nginx_access":   `[{"format": "nginx.access"}]`,
		"syslog_rfc3164": `[{"format": "syslog"}]`,
		"syslog_rfc5424": `[{"format": "syslog"}]`,
		"json_lines":     `[{"format": "json"}]`,
	} {
		t.Run(file, func(t *testing.T) {
			cases := filepath.Join(folder, file+".jsonl")
			docs := filepath.Join(t.TempDir(), "docs.jsonl")
			parseCases(t, cases, pipeline, docs)
			out, err := exec.CommandContext(t.Context(), python, filepath.Join(folder, "check_cases.py"),
				"--check", cases, "--docs", docs).Output()
			if err != nil {
				t.Fatal(err)
			}
			var score struct {
				Rows int `json:"rows"`
				OK   int `json:"rows_ok"`
			}
			if err := json.Unmarshal(out, &score); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %d of %d", file, score.OK, score.Rows)
			if score.OK < score.Rows {
				t.Errorf("%d of %d rows are right", score.OK, score.Rows)
			}
		})
	}
}

func parseCases(t *testing.T, cases, steps, docs string) {
	t.Helper()
	in, err := os.Open(cases)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(docs)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	r := mustCompile(t, steps).NewRunner()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var row struct{ ID, Line string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		doc, _ := r.Run(nil, &Input{Message: []byte(row.Line), At: time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)})
		row.Line = ""
		text, err := json.Marshal(map[string]any{"id": row.ID, "doc": json.RawMessage(doc)})
		if err != nil {
			t.Fatalf("%s: %v in %s", row.ID, err, doc)
		}
		if _, err := out.Write(append(text, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func mustCompile(tb testing.TB, steps string) *Pipeline {
	tb.Helper()
	p, problems := Compile(json.RawMessage(steps), "pipeline")
	for _, problem := range problems {
		tb.Error(problem)
	}
	if p == nil {
		tb.FailNow()
	}
	return p
}
