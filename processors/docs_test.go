package processors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheGuideShowsCodeThatIsTested(t *testing.T) {
	guide, err := os.ReadFile("../docs/processors.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, pattern := range []string{"*_test.go", "tester/*_test.go", "program/*_test.go", "examples/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(text)
		}
	}
	blocks := strings.Split(string(guide), "```go\n")[1:]
	if len(blocks) < 5 {
		t.Fatalf("only %d blocks of Go found", len(blocks))
	}
	for _, b := range blocks {
		b, _, _ = strings.Cut(b, "```")
		if !strings.Contains(code.String(), b) {
			t.Errorf("no tested file holds this block:\n%s", b)
		}
	}
}
