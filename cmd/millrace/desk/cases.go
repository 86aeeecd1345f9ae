package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/millrace/millrace/processors/pipeline"
)

// casesSuffix ends the name of a file of cases: those of shop.yaml are in shop_test.yaml.
const casesSuffix = "_test"

func isCases(name string) bool { return strings.HasSuffix(nameOf(name), casesSuffix) }

// Case is one line and what must become of it.
type Case struct {
	Name string `yaml:"name"`
	Line string `yaml:"line"`
	// At is when the line was read: it gives a missing year, and the time of a line that
	// has none. The default is now; --update writes it down.
	At time.Time `yaml:"at"`
	// Outcome is index (the default), failed, drop or dead_letter.
	Outcome string `yaml:"outcome"`
	// App is where the event must go, when that is not the collection's own app.
	App string `yaml:"app"`
	// Expect are all fields that the pipeline must give, by path. Fields that every
	// event has (host, agent, collection, …) and an unchanged message are not among them.
	Expect map[string]any `yaml:"expect"`

	node *yaml.Node
}

// suite is the cases of one collection.
type suite struct {
	path   string
	source *Source
	cases  []Case
	root   yaml.Node
}

// readSuite reads the cases beside a collection; nil when there are none.
func readSuite(collection string) (*suite, error) {
	base := strings.TrimSuffix(collection, filepath.Ext(collection)) + casesSuffix
	for _, ext := range []string{".yaml", ".yml", ".json"} {
		text, err := os.ReadFile(base + ext)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s := &suite{path: base + ext}
		if err := s.parse(text); err != nil {
			return nil, fmt.Errorf("%s: %w", s.path, err)
		}
		s.source, err = usable(collection)
		return s, err
	}
	return nil, nil
}

func (s *suite) parse(text []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&s.root); errors.Is(err, io.EOF) {
		return errors.New("it is empty; cases are a list of {name, line, expect}")
	} else if err != nil {
		return err
	}
	var more yaml.Node // an update would not write it back
	if err := dec.Decode(&more); err == nil {
		return fmt.Errorf("line %d: a second list begins here: put its cases into the first", more.Line)
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	list := s.root.Content[0]
	if list.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: cases are a list of {name, line, expect}", list.Line)
	}
	for _, node := range list.Content {
		c, err := parseCase(node)
		if err != nil {
			return fmt.Errorf("line %d: %w", node.Line, err)
		}
		s.cases = append(s.cases, c)
	}
	return nil
}

func parseCase(node *yaml.Node) (Case, error) {
	text, err := yaml.Marshal(node)
	if err != nil {
		return Case{}, err
	}
	c := Case{node: node}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil {
		return c, err
	}
	if c.Name == "" {
		return c, errors.New("a case has no name")
	}
	if c.At.IsZero() {
		c.At = time.Now().UTC().Truncate(time.Second)
	}
	if c.Outcome == "" {
		c.Outcome = pipeline.Index.String()
	}
	return c, nil
}

// got is what became of a line, in the terms of a case.
type got struct {
	outcome, app, cause string
	fields              map[string]string // JSON by path
}

func (s *suite) run(r *pipeline.Runner, c *Case) (got, error) {
	in := s.source.input([]byte(c.Line), c.At)
	doc, result := r.Run(nil, &in)
	g := got{outcome: result.Outcome.String(), app: result.App, cause: result.Cause, fields: map[string]string{}}
	if result.Failed {
		g.outcome = "failed"
	}
	if len(doc) == 0 {
		return g, nil
	}
	var event map[string]any
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&event); err != nil {
		return g, fmt.Errorf("case %q: the event is not JSON: %w", c.Name, err)
	}
	if err := flatten(event, "", g.fields); err != nil {
		return g, err
	}
	for _, field := range given {
		delete(g.fields, field)
	}
	if line, err := json.Marshal(c.Line); err == nil && g.fields["message"] == string(line) {
		delete(g.fields, "message")
	}
	return g, nil
}

// given are the fields that an event has before any step.
var given = []string{
	"agent.type", "ecs.version", "event.created", "log.offset", "millrace.collection", "service.environment", "service.name",
}

// flatten puts what an object holds into fields, by path.
func flatten(object map[string]any, prefix string, fields map[string]string) error {
	for key, value := range object {
		path := under(prefix, key)
		if inner, ok := value.(map[string]any); ok && len(inner) > 0 {
			if err := flatten(inner, path, fields); err != nil {
				return err
			}
			continue
		}
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(value); err != nil {
			return err
		}
		fields[path] = strings.TrimSpace(text.String())
	}
	return nil
}

// differences say how the result is not what the case expects; none when it is.
func (c *Case) differences(s *suite, g got) ([]string, error) {
	var out []string
	differ := func(what, want, got string) {
		if want != got {
			out = append(out, fmt.Sprintf("- %s: %s", what, want), fmt.Sprintf("+ %s: %s", what, got))
		}
	}
	differ("outcome", c.Outcome, strings.TrimSuffix(g.outcome+" ("+g.cause+")", " ()"))
	if c.Outcome == g.outcome && len(out) > 0 {
		out = out[:0] // the cause is no part of it
	}
	app := c.App
	if app == "" {
		app = s.source.Collection.App
	}
	differ("app", app, g.app)
	want := map[string]string{}
	if err := flatten(c.Expect, "", want); err != nil {
		return nil, err
	}
	all := maps.Clone(want)
	maps.Copy(all, g.fields)
	for _, field := range slices.Sorted(maps.Keys(all)) {
		w, wanted := want[field]
		v, there := g.fields[field]
		if w == v {
			continue
		}
		if wanted {
			out = append(out, fmt.Sprintf("- %s: %s", field, w))
		}
		if there {
			out = append(out, fmt.Sprintf("+ %s: %s", field, v))
		}
	}
	return out, nil
}
