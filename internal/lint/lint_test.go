package lint

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/millrace/millrace/"
	// maxLines is where a file certainly holds two nouns.
	maxLines = 450
)

// source is one Go file of the tree.
type source struct {
	path    string // relative to the root, with slashes
	imports []string
	doc     string
	lines   int
}

func (s source) dir() string { return filepath.ToSlash(filepath.Dir(s.path)) }

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || name == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		s, err := read(path)
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d Go files found: the test looks in the wrong place", len(all))
	}
	return all
}

func read(path string) (source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return source{}, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return source{}, err
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return source{}, err
	}
	s := source{path: filepath.ToSlash(rel), doc: file.Doc.Text(), lines: bytes.Count(text, []byte{'\n'})}
	for _, spec := range file.Imports {
		s.imports = append(s.imports, strings.Trim(spec.Path.Value, `"`))
	}
	return s, nil
}

func top(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

func TestComponentsDoNotImportEachOther(t *testing.T) {
	components := map[string]bool{"agent": true, "processors": true, "indexer": true, "admin": true}
	for _, s := range sources(t) {
		from := top(s.path)
		for _, imported := range s.imports {
			to, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			switch {
			case from == "schemas" && top(to) != "schemas":
				t.Errorf("%s imports %s: schemas is the contract and imports nothing else of ours", s.path, to)
			case from == "admin" && strings.HasPrefix(to, "processors/pipeline"):
				// A pure library, which admin uses to validate and dry-run.
			case components[from] && components[top(to)] && from != top(to):
				t.Errorf("%s imports %s: what two components must agree on belongs in schemas", s.path, to)
			case from == "internal" && components[top(to)]:
				t.Errorf("%s imports %s: internal is plumbing and knows no component", s.path, to)
			case from != "cmd" && top(to) == "cmd":
				t.Errorf("%s imports %s: nothing imports a main", s.path, to)
			}
		}
	}
}

func TestTheAgentBinaryLinksNoServerAndOneKafkaClient(t *testing.T) {
	linked := linkedBy(t, "cmd/millrace-agent")
	if len(linked) < 20 {
		t.Fatalf("only %d packages are linked: the test looks in the wrong place", len(linked))
	}
	for _, refused := range []string{"internal/standalone", "franz-go", "go.etcd.io/etcd/server", "modernc.org/sqlite", "lovoo/goka"} {
		for imported, by := range linked {
			if strings.Contains(imported, refused) {
				t.Errorf("%s imports %s: the agent runs on every host and stays small", by, imported)
			}
		}
	}
}

// linkedBy is what our packages import that a main is made of, each with a file that does.
func linkedBy(t *testing.T, main string) map[string]string {
	t.Helper()
	files := map[string][]source{}
	for _, s := range sources(t) {
		if !s.isTest() {
			files[s.dir()] = append(files[s.dir()], s)
		}
	}
	linked := map[string]string{}
	for look := []string{main}; len(look) > 0; look = look[1:] {
		for _, s := range files[look[0]] {
			for _, imported := range s.imports {
				if linked[imported] != "" {
					continue
				}
				linked[imported] = s.path
				if ours, ok := strings.CutPrefix(imported, module); ok {
					look = append(look, ours)
				}
			}
		}
	}
	return linked
}

func TestEveryPackageSaysWhatItPromises(t *testing.T) {
	docs := map[string]int{}
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		docs[s.dir()] += len(s.doc)
	}
	for dir, n := range docs {
		if n < 40 {
			t.Errorf("%s has no package comment (or none worth reading): say what it promises, what can lose or repeat data, and who calls it", dir)
		}
	}
}

func TestFilesHoldOneNoun(t *testing.T) {
	for _, s := range sources(t) {
		if !s.isTest() && s.lines > maxLines {
			t.Errorf("%s has %d lines, more than %d: look for the second noun in it", s.path, s.lines, maxLines)
		}
	}
}
