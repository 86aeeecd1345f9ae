package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/process"
)

// folder is a folder with these files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a command in a folder, whose name is taken out of what is printed.
func run(t *testing.T, dir string, command process.Command) (stdout, stderr string, err error) {
	t.Helper()
	var out, notes bytes.Buffer
	err = command.Run(context.Background(), &process.Env{Stdout: &out, Stderr: &notes})
	return strings.ReplaceAll(out.String(), dir+"/", ""), notes.String(), err
}

const shop = `app: shop
paths: [/var/log/nginx/*.log]
pipeline:
  - format: nginx.access
  - drop: {if: 'url.path == "/health"'}
`

func TestValidateNamesTheLineAndColumnOfEveryProblem(t *testing.T) {
	dir := folder(t, map[string]string{
		"good.yaml": shop,
		"bad.yaml": `app: shop
paths:
  - var/log/x
pipeline:
  - dissekt: {field: message}
  - dissect:
      field: message
`,
		"bad.json":   "{\n  \"app\": \"shop\",\n  \"paths\": [\"/a\", \"b\"],\n  \"pipeline\": [{\"format\": \"nginx.acces\"}]\n}\n",
		"torn.json":  "{\n  \"app\": \"shop\"\n  \"paths\": []\n}\n",
		"torn.yaml":  "app: shop\npaths: [\n",
		"twice.json": "{\"app\": \"a\", \"app\": \"b\", \"paths\": [\"/a\"]}",
		"alias.yaml": "app: &a shop\nenv: *a\npaths: [/a]\n",
		"two.yaml":   "app: a\npaths: [/a]\n---\napp: b\npaths: [/b]\n",
		"deep.json":  strings.Repeat("[", 200_000),
		"deep.yaml":  strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000),
		"long.yaml":  "# " + strings.Repeat("x", 2<<20),
		"notes.txt":  "not looked at",
	})
	out, _, err := run(t, dir, &ValidateCmd{Files: []string{dir}})
	if err == nil || !strings.Contains(err.Error(), "in 10 of 11 files") {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{
		"good.yaml: valid",
		"bad.yaml:3:5: paths[0]: ",
		`bad.yaml:5:14: pipeline[0].dissekt: unknown step "dissekt"; did you mean "dissect"?`,
		"bad.yaml:7:7: pipeline[1].dissect",
		"bad.json:3:19: paths[1]: ",
		`bad.json:4:27: pipeline[0].format`,
		"torn.json:3:3: is not JSON",
		"torn.yaml:", "twice.json:1:21: app: stands twice", "aliases are not allowed",
		"two.yaml:3:1: a second collection begins here", "deep.json:1:", "deep.yaml:1:1: it is nested too deep", "long.yaml:1:1: has 2097154 bytes",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

func TestTryTellsWhatEveryStepDid(t *testing.T) {
	dir := folder(t, map[string]string{
		"shop.yaml": shop,
		"lines.log": `203.0.113.7 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 404 12 "-" "curl/8"
203.0.113.7 - - [22/Nov/2026:10:00:01 +0000] "GET /health HTTP/1.1" 200 12 "-" "curl/8"
hello
`,
	})
	cmd := TryCmd{Collection: filepath.Join(dir, "shop.yaml"), Logs: []string{filepath.Join(dir, "lines.log")}}
	out, notes, err := run(t, dir, &cmd)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"+ http.response.status_code  404", "→ logs-shop-prod-2026.11.22", "→ dropped by pipeline[1].drop", "→ FAILED, kept whole"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if !strings.HasPrefix(notes, "3 lines: 1 parsed, 1 failed, 1 dropped; ") {
		t.Errorf("it ends with %q", notes)
	}
	cmd.JSON = true
	out, _, err = run(t, dir, &cmd)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(out))
	for n := 1; dec.More(); n++ {
		var tried struct {
			Line  int
			Steps []any
		}
		if err := dec.Decode(&tried); err != nil || tried.Line != n || len(tried.Steps) == 0 {
			t.Fatalf("line %d: %v, %+v", n, err, tried)
		}
	}
	cmd = TryCmd{Format: "nginx.access", Docs: true, Logs: cmd.Logs}
	if out, _, err = run(t, dir, &cmd); err != nil || strings.Count(out, "\n") != 3 {
		t.Errorf("%v, documents\n%s", err, out)
	}
}

func TestTryRefusesAnInvalidCollection(t *testing.T) {
	dir := folder(t, map[string]string{"shop.yaml": "app: shop\n"})
	_, _, err := run(t, dir, &TryCmd{Collection: filepath.Join(dir, "shop.yaml")})
	if err == nil || !strings.Contains(err.Error(), "shop.yaml:1:1: paths: is missing") {
		t.Errorf("error %v", err)
	}
}

func TestCasesFailUntilTheyAreUpdatedAndThenHold(t *testing.T) {
	dir := folder(t, map[string]string{
		"shop.yaml": shop,
		"shop_test.yaml": `# kept
- name: a page that is missing
  line: '203.0.113.7 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 404 12 "-" "curl/8"'
  at: 2026-11-22T10:00:01Z
  expect: {http.response.status_code: 200}
- name: no line of nginx
  line: hello
- name: a probe
  line: '203.0.113.7 - - [22/Nov/2026:10:00:00 +0000] "GET /health HTTP/1.1" 200 12 "-" "curl/8"'
`,
	})
	out, _, err := run(t, dir, &TestCmd{Dir: dir})
	if err == nil {
		t.Error("three wrong cases pass")
	}
	for _, want := range []string{
		"shop_test.yaml:2: a page that is missing\n", "    - http.response.status_code: 200\n    + http.response.status_code: 404\n",
		"    - outcome: index\n    + outcome: failed (pipeline[0].format", "    + outcome: drop", "0 passed, 3 failed",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if out, _, err = run(t, dir, &TestCmd{Dir: dir, Update: true}); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, _, err = run(t, dir, &TestCmd{Dir: dir}); err != nil || !strings.Contains(out, "3 passed, 0 failed") {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "shop_test.yaml"))
	if err != nil || !strings.HasPrefix(string(text), "# kept\n") {
		t.Errorf("%v, now\n%s", err, text)
	}
}

func TestCasesMustBeWellFormed(t *testing.T) {
	for text, want := range map[string]string{
		"a: b":                          "cases are a list",
		"- {line: x}":                   "has no name",
		"- {name: x, line: y, lime: z}": "lime",
		"":                              "it is empty",
		"- {name: x, line: y}\n---\n[]": "line 2: a second list",
		"- {name: x, line: y}\n---\n[":  "line 3",
	} {
		dir := folder(t, map[string]string{"shop.yaml": shop, "shop_test.yaml": text})
		if _, _, err := run(t, dir, &TestCmd{Dir: dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, not %q", text, err, want)
		}
	}
}

func TestSuggestKnowsTheFormatOfTheLines(t *testing.T) {
	line := `203.0.113.7 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 404 12 "-" "curl/8"`
	dir := folder(t, map[string]string{"access.log": strings.Repeat(line+"\n", 20)})
	out, _, err := run(t, dir, &SuggestCmd{Logs: []string{filepath.Join(dir, "access.log")}, Most: 20})
	if err != nil || !strings.Contains(out, "access: it parses 100 % of them.") {
		t.Errorf("%v, printed\n%s", err, out)
	}
}

func TestSuggestProposesWhatParsesTheLines(t *testing.T) {
	var log strings.Builder
	for i := range 60 {
		fmt.Fprintf(&log, "2026-11-22 10:00:%02d,123 INFO  [main] shop.Orders - order %d paid by user=u%d\n", i, i*i, i%7)
		fmt.Fprintf(&log, "2026-11-22 10:00:%02d,123 WARN  [http-%d] shop.Http - slow answer to 10.0.0.%d\n", i, i%3, i)
	}
	dir := folder(t, map[string]string{"shop.log": log.String()})
	cmd := SuggestCmd{Logs: []string{filepath.Join(dir, "shop.log")}, Most: 20}
	out, _, err := run(t, dir, &cmd)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"This pipeline parses 120 of 120 lines", `"yyyy-MM-dd HH:mm:ss,SSS"`, "%{log.level->}",
		"     60  order %{order} paid by user=%{user.name}\n", "     60  slow answer to %{destination.ip}\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	cmd.JSON = true
	var p proposal
	if out, _, err = run(t, dir, &cmd); err != nil || json.Unmarshal([]byte(out), &p) != nil || p.Parsed != 120 {
		t.Errorf("%v, %s", err, out)
	}
}
