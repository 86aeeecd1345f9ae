package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/millrace/millrace/internal/process"
)

// ValidateCmd is `millrace validate`.
type ValidateCmd struct {
	Files []string `arg:"" name:"FILE" help:"Collections, JSON or YAML; of a folder, all in it."`
	JSON  bool     `name:"json" help:"Print each problem as a JSON object."`
}

// Run prints every problem of every file. The error says how many there are.
func (c *ValidateCmd) Run(_ context.Context, env *process.Env) error {
	files, err := collections(c.Files)
	if err != nil {
		return err
	}
	problems, bad := 0, 0
	for _, file := range files {
		s, err := Read(file)
		if err != nil {
			return err
		}
		problems += len(s.Problems)
		if len(s.Problems) > 0 {
			bad++
		}
		if err := c.print(env, s); err != nil {
			return err
		}
	}
	if problems > 0 {
		return fmt.Errorf("%s in %d of %s", plural(problems, "problem"), bad, plural(len(files), "file"))
	}
	return nil
}

func (c *ValidateCmd) print(env *process.Env, s *Source) error {
	if len(s.Problems) == 0 && !c.JSON {
		_, err := fmt.Fprintf(env.Stdout, "%s: valid\n", s.Path)
		return err
	}
	for _, p := range s.Problems {
		text := p.String()
		if c.JSON {
			b, err := json.Marshal(p)
			if err != nil {
				return err
			}
			text = string(b)
		}
		if _, err := fmt.Fprintln(env.Stdout, text); err != nil {
			return err
		}
	}
	return nil
}

// collections are the files named, and of folders those in them that hold collections.
func collections(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil { // walking would call it lstat
			return nil, err
		}
		err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !entry.IsDir() && (name == path || isCollection(name)) {
				files = append(files, name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no collection is there: a file that ends in .json, .yaml or .yml", strings.Join(paths, ", "))
	}
	return files, nil
}

var extensions = []string{".json", ".yaml", ".yml"}

func isCollection(name string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(name))) && !isCases(name)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
