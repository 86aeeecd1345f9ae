package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/processors/pipeline/elasticimport"
)

type importPipelineCmd struct {
	File string `arg:"" type:"existingfile" help:"An ingest pipeline of Elasticsearch, as JSON."`
}

// Run prints the pipeline for a collection; what could not be taken over is named beside it.
func (c *importPipelineCmd) Run(_ context.Context, env *process.Env) error {
	source, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	steps, left, err := elasticimport.Import(source)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	for _, l := range left {
		if _, err := fmt.Fprintf(env.Stderr, "not taken over: %s\n", l); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := json.Indent(&out, steps, "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, out.String())
	return err
}
