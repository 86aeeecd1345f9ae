package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/millrace/millrace/internal/process"
)

// TestCmd is `millrace test`.
type TestCmd struct {
	Dir    string `arg:"" name:"DIR" help:"A folder of collections, or one of them. The cases of shop.yaml are in shop_test.yaml."`
	Update bool   `help:"Write what became of the lines into the cases, instead of comparing. Read the changes before you keep them."`
}

// Run runs all cases beside the collections and prints how those differ that fail.
func (c *TestCmd) Run(_ context.Context, env *process.Env) error {
	files, err := collections([]string{c.Dir})
	if err != nil {
		return err
	}
	passed, failed := 0, 0
	for _, file := range files {
		s, err := readSuite(file)
		if err != nil {
			return err
		}
		if s == nil {
			continue
		}
		bad, err := s.check(env, c.Update)
		if err != nil {
			return fmt.Errorf("%s: %w", s.path, err)
		}
		failed += bad
		passed += len(s.cases) - bad
	}
	if passed+failed == 0 {
		return fmt.Errorf("%s: no cases: those of shop.yaml belong into shop_test.yaml", c.Dir)
	}
	if _, err := fmt.Fprintf(env.Stdout, "%d passed, %d failed\n", passed, failed); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%s failed", plural(failed, "case"))
	}
	return nil
}

// check runs the cases, and returns how many failed.
func (s *suite) check(env *process.Env, update bool) (failed int, err error) {
	runner := s.source.Pipeline.NewRunner()
	for i := range s.cases {
		c := &s.cases[i]
		g, err := s.run(runner, c)
		if err != nil {
			return failed, err
		}
		if update {
			if err := c.expect(s, g); err != nil {
				return failed, err
			}
			continue
		}
		differences, err := c.differences(s, g)
		if err != nil {
			return failed, err
		}
		if len(differences) == 0 {
			continue
		}
		failed++
		fmt.Fprintf(env.Stdout, "%s:%d: %s\n", s.path, c.node.Line, c.Name)
		for _, line := range differences {
			fmt.Fprintf(env.Stdout, "    %s\n", line)
		}
	}
	if update {
		return 0, s.write()
	}
	return failed, nil
}

// expect writes a result into the case's node; the rest of the file stays as it is.
func (c *Case) expect(s *suite, g got) error {
	fields := &yaml.Node{Kind: yaml.MappingNode}
	for _, field := range slices.Sorted(maps.Keys(g.fields)) {
		var value yaml.Node
		if err := yaml.Unmarshal([]byte(g.fields[field]), &value); err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
		fields.Content = append(fields.Content, text(field), value.Content[0])
	}
	c.put("at", text(c.At.Format(time.RFC3339)), true)
	c.put("outcome", text(g.outcome), g.outcome != "index")
	c.put("app", text(g.app), g.app != s.source.Collection.App)
	c.put("expect", fields, len(fields.Content) > 0)
	return nil
}

func text(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

// put sets a key of the case, or removes it.
func (c *Case) put(key string, value *yaml.Node, wanted bool) {
	content := c.node.Content
	for i := 0; i+1 < len(content); i += 2 {
		if content[i].Value != key {
			continue
		}
		if wanted {
			content[i+1] = value
		} else {
			c.node.Content = slices.Delete(content, i, i+2)
		}
		return
	}
	if wanted {
		c.node.Content = slices.Concat(content, []*yaml.Node{text(key), value})
	}
}

// write replaces the file of cases, in the form that it has.
func (s *suite) write() error {
	var out bytes.Buffer
	if isJSON(s.path) {
		return errors.Join(s.renderJSON(&out), os.WriteFile(s.path, out.Bytes(), 0o644)) //nolint:gosec // it is source code
	}
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(&s.root), enc.Close()); err != nil {
		return err
	}
	return os.WriteFile(s.path, out.Bytes(), 0o644) //nolint:gosec // it is source code
}

func (s *suite) renderJSON(out *bytes.Buffer) error {
	var flat bytes.Buffer
	if err := renderYAML(&flat, s.root.Content[0], "", places{}); err != nil {
		return err
	}
	return errors.Join(json.Indent(out, flat.Bytes(), "", "  "), out.WriteByte('\n'))
}
