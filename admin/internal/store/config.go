package store

import (
	"fmt"
	"strings"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/revision"
)

// InvalidError is the error of a config that cannot be published. It names everything
// that is wrong.
type InvalidError struct{ Problems []collect.Problem }

// Error implements error.
func (e *InvalidError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return "the collection is not valid: " + strings.Join(lines, "; ")
}

// Collection is a config that was found good.
type Collection struct {
	*collect.Collection
	Rev       revision.ID
	Canonical []byte
}

// Check reads a config and compiles its pipeline. The error is an *InvalidError.
func Check(name string, config []byte) (*Collection, error) {
	c, problems := collect.Parse(name, config)
	problems = append(problems, pipelineProblems(c, problems)...)
	if len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	canonical, err := c.Canonical()
	if err != nil {
		return nil, &InvalidError{Problems: []collect.Problem{{Message: err.Error()}}}
	}
	return &Collection{Collection: c, Rev: revision.Of(canonical), Canonical: canonical}, nil
}

// pipelineProblems are those of the steps, unless the list itself was already
// found to be none.
func pipelineProblems(c *collect.Collection, known []collect.Problem) []collect.Problem {
	const key = "pipeline"
	for _, p := range known {
		if p.Path == key || p.Path == "" {
			return nil
		}
	}
	_, found := pipeline.Compile(c.Pipeline, key)
	var out []collect.Problem
	for _, p := range found {
		if !named(known, p.Path) {
			out = append(out, collect.Problem{Path: p.Path, Message: p.Message})
		}
	}
	return out
}

func named(problems []collect.Problem, path string) bool {
	for _, p := range problems {
		if p.Path == path {
			return true
		}
	}
	return false
}

// values are what is stored for the collection, by key.
func (c *Collection) values() (head, view []byte, err error) {
	if head, err = encode(collect.Head{Rev: c.Rev, Config: c.Canonical}); err != nil {
		return nil, nil, fmt.Errorf("collection %s: %w", c.Name, err)
	}
	if view, err = encode(c.ForAgents(c.Rev)); err != nil {
		return nil, nil, fmt.Errorf("collection %s: %w", c.Name, err)
	}
	return head, view, nil
}
