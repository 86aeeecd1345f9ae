package format

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/*.txt anew")

// TestLinesGiveTheDocumentsInTestdata reads testdata/FORMAT.txt: comments, then events, each of one or more lines behind "> "
// and followed by its document, or by the error. Tabs and blanks count.
func TestLinesGiveTheDocumentsInTestdata(t *testing.T) {
	for _, spec := range Specs() {
		t.Run(spec.Name, func(t *testing.T) {
			path := filepath.Join("testdata", spec.Name+".txt")
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := rewrite(t, spec.Name, string(golden))
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want := strings.Split(string(golden), "\n")
			for i, line := range strings.Split(string(got), "\n") {
				if i >= len(want) || want[i] != line {
					t.Fatalf("%s:%d: got %s", path, i+1, line)
				}
			}
		})
	}
}

// rewrite returns a golden file with the documents that its lines give now.
func rewrite(t *testing.T, name, golden string) []byte {
	t.Helper()
	p := newParser(t, name)
	var out bytes.Buffer
	var event []string
	flush := func() {
		if len(event) == 0 {
			return
		}
		doc, err := p.parse(strings.Join(event, "\n"))
		event = nil
		if err != nil {
			doc = "error: " + err.Error()
		}
		out.WriteString(doc + "\n\n")
	}
	for line := range strings.SplitSeq(golden, "\n") {
		text, part := strings.CutPrefix(line, "> ")
		switch {
		case part:
			event = append(event, text)
			out.WriteString(line + "\n")
		case strings.HasPrefix(line, "# "):
			flush()
			out.WriteString(line + "\n")
		default:
			flush()
		}
	}
	flush()
	return append(bytes.TrimRight(out.Bytes(), "\n"), '\n')
}
