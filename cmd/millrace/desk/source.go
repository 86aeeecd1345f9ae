package desk

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/multiline"
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/collect"
)

// ErrInvalid means that a file holds no collection that could be published.
var ErrInvalid = errors.New("not valid")

// Source is a collection in a file, JSON or YAML. Its name is that of the file.
type Source struct {
	Path       string
	Collection *collect.Collection
	// Config is what the file says, as JSON.
	Config json.RawMessage
	// Pipeline is nil when there are problems.
	Pipeline *pipeline.Pipeline
	// Problems are all that is wrong, in the order of the file.
	Problems []Problem
}

// Problem is one thing wrong, and where.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
}

// String is the problem as compilers write it, so that editors find the place.
func (p Problem) String() string {
	if p.Path == "" {
		return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", p.File, p.Line, p.Column, p.Path, p.Message)
}

// Read reads and checks a collection. What is wrong in the file is in Problems; the
// error is that of reading it.
func Read(path string) (*Source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Source{Path: path}
	config, places, fault := locate(path, text)
	if fault != nil {
		fault.File = path
		s.Problems = []Problem{*fault}
		return s, nil
	}
	s.check(config, places)
	return s, nil
}

// check is what the admin does before it publishes.
func (s *Source) check(config json.RawMessage, places places) {
	const key = "pipeline"
	c, found := collect.Parse(nameOf(s.Path), config)
	compiled, faults := pipeline.Compile(c.Pipeline, key)
	known := map[string]bool{}
	for _, p := range found {
		known[p.Path] = true
		s.add(places, p.Path, p.Message)
	}
	for _, p := range faults {
		if !known[p.Path] && !known[""] && !known[key] {
			s.add(places, p.Path, p.Message)
		}
	}
	slices.SortStableFunc(s.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	s.Collection, s.Config = c, config
	if len(s.Problems) == 0 {
		s.Pipeline = compiled
	}
}

func (s *Source) add(places places, path, message string) {
	at := places.of(path)
	s.Problems = append(s.Problems, Problem{File: s.Path, Line: at.line, Column: at.column, Path: path, Message: message})
}

// usable is the source, or an error that names all its problems.
func usable(path string) (*Source, error) {
	s, err := Read(path)
	if err != nil {
		return nil, err
	}
	if len(s.Problems) == 0 {
		return s, nil
	}
	lines := make([]string, 0, len(s.Problems))
	for _, p := range s.Problems {
		lines = append(lines, p.String())
	}
	return nil, fmt.Errorf("%s is %w:\n%s", path, ErrInvalid, strings.Join(lines, "\n"))
}

// input is an event as the collection would see it, read at at.
func (s *Source) input(line []byte, at time.Time) pipeline.Input {
	c := s.Collection
	location, err := time.LoadLocation(c.Timezone)
	if err != nil {
		location = time.UTC // the zone has been checked
	}
	return pipeline.Input{
		Message: line, At: at, App: c.App, Env: c.Env, Collection: c.Name, Location: location, KeepOriginal: c.KeepOriginal,
	}
}

// events joins lines as the agent would. Those of containers stay apart: their wrapping is
// taken off where files are read.
func (s *Source) events(lines iter.Seq[[]byte]) (iter.Seq[[]byte], error) {
	if s.Collection.Container != "" {
		return lines, nil
	}
	return multiline.Join(s.Collection.Multiline, lines)
}

// noun is what the pipeline gets, one at a time.
func (s *Source) noun() string {
	if s.Collection.Multiline != nil && s.Collection.Container == "" {
		return "event"
	}
	return "line"
}

// nameOf is the name of the collection in a file.
func nameOf(path string) string {
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
