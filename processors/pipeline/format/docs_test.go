package format

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// docsPath is the page whose table and examples are written from the formats themselves.
const docsPath = "../../../docs/formats-of-logs.md"

const docsMark = "<!-- from here on written by: go test ./processors/pipeline/format -run TestThePage -update -->\n"

func TestThePageOfFormatsIsTrue(t *testing.T) {
	page, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	prose, written, ok := strings.Cut(string(page), docsMark)
	if !ok {
		t.Fatalf("%s lost its mark", docsPath)
	}
	want := tables(t)
	if *update {
		if err := os.WriteFile(docsPath, []byte(prose+docsMark+want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if written != want {
		t.Errorf("%s is not what the formats say of themselves; run the test with -update and read the difference", docsPath)
	}
}

func tables(t *testing.T) string {
	t.Helper()
	var b, examples strings.Builder
	b.WriteString("\n| format | what it reads | fields it sets |\n|---|---|---|\n")
	for _, s := range Specs() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, strings.ReplaceAll(s.Summary, "|", `\|`), strings.Join(s.Fields, ", "))
		doc, err := newParser(t, s.Name).parse(s.Example)
		if err != nil {
			t.Errorf("the example of %s: %v", s.Name, err)
		}
		fmt.Fprintf(&examples, "\n### %s\n\n```\n%s\n```\n```json\n%s\n```\n", s.Name, s.Example, doc)
	}
	b.WriteString("\n## Examples\n\nEach line as it is written, and the fields that its format reads from it (lines are taken to be read on 22 November 2026).\n")
	return b.String() + examples.String()
}
