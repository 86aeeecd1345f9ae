// Package elasticimport turns an ingest pipeline of Elasticsearch into the steps of a collection. It is a pure function: what
// it takes over means the same here, and what it cannot take over is named, with its place in the pipeline, and left out.
package elasticimport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/processors/pipeline/step"
)

// Left is a part of a pipeline that was not taken over.
type Left struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

func (l Left) String() string { return l.Path + ": " + l.Reason }

// Import turns a pipeline, as GET _ingest/pipeline gives it or as it is put, into steps. Each of them compiles; together they
// may not, where they would let what may change over time decide an event's fate.
func Import(source []byte) (steps json.RawMessage, left []Left, err error) {
	var p struct {
		Processors []map[string]json.RawMessage `json:"processors"`
		OnFailure  []json.RawMessage            `json:"on_failure"`
	}
	if err := json.Unmarshal(source, &p); err != nil {
		return nil, nil, fmt.Errorf("read ingest pipeline: %w", readable(err))
	}
	if p.Processors == nil {
		var named map[string]json.RawMessage
		if err := json.Unmarshal(source, &named); err != nil || len(named) != 1 {
			return nil, nil, errors.New("read ingest pipeline: it has no processors, nor is it one pipeline under its name")
		}
		for _, inner := range named {
			return Import(inner)
		}
	}
	i := importer{}
	if len(p.OnFailure) > 0 {
		i.leave("on_failure", "a pipeline has no on_failure of its own; give it to the steps")
	}
	list := i.list(p.Processors, "processors")
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // conditions such as "a && b" shall be read by people
	if err := enc.Encode(list); err != nil {
		return nil, nil, err
	}
	return bytes.TrimSpace(out.Bytes()), i.left, nil
}

// readable says of a value of the wrong kind what it should be, in words of JSON.
func readable(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Field == "":
		return fmt.Errorf(`it must be an object, as GET _ingest/pipeline gives it, and is of type %s; a list of processors is put into {"processors": [...]}`, wrong.Value)
	}
	return fmt.Errorf("%s is of type %s; processors and on_failure are lists of objects", wrong.Field, wrong.Value)
}

type importer struct{ left []Left }

func (i *importer) leave(path, reason string, args ...any) {
	i.left = append(i.left, Left{path, fmt.Sprintf(reason, args...)})
}

func (i *importer) list(processors []map[string]json.RawMessage, path string) []map[string]any {
	out := []map[string]any{}
	for n, p := range processors {
		for _, kind := range slices.Sorted(maps.Keys(p)) {
			at := fmt.Sprintf("%s[%d].%s", path, n, kind)
			if s := i.step(kind, p[kind], at); s != nil {
				out = append(out, map[string]any{kind: s})
			}
		}
	}
	return out
}

// step turns one processor into one of our steps; nil if it cannot be taken over.
func (i *importer) step(kind string, raw json.RawMessage, path string) map[string]any {
	var options map[string]json.RawMessage
	if err := json.Unmarshal(raw, &options); err != nil {
		i.leave(path, "is no object of options")
		return nil
	}
	known := slices.ContainsFunc(pipeline.Steps(), func(s step.Spec) bool { return s.Name == kind })
	if !known {
		i.leave(path, "there is no such step")
		return nil
	}
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(options)) {
		i.option(out, kind, name, options[name], path+"."+name)
	}
	if !i.check(kind, out, path) {
		return nil
	}
	return out
}

// option takes one option over.
func (i *importer) option(out map[string]any, kind, name string, raw json.RawMessage, path string) {
	switch {
	case name == "description":
	case name == "if":
		var source string
		_ = json.Unmarshal(raw, &source) // what is no string becomes empty, and is refused
		out[name] = Condition(source)
	case name == "on_failure":
		var inner []map[string]json.RawMessage
		_ = json.Unmarshal(raw, &inner) // likewise
		out[name] = i.list(inner, path)
	case kind == "foreach" && name == "processor":
		var inner map[string]json.RawMessage
		_ = json.Unmarshal(raw, &inner) // likewise
		if list := i.list([]map[string]json.RawMessage{inner}, path); len(list) == 1 {
			out[name] = list[0]
		}
	case kind == "grok" && name == "ecs_compatibility" && string(raw) == `"disabled"`:
		i.leave(path, "the patterns of the library give the names of ECS; check what COMBINEDAPACHELOG and its like set")
	case name == "media_type" || kind == "geoip" && name == "download_database_on_pipeline_creation":
	default:
		out[name] = raw
	}
}

// check compiles a step. One whose condition does not compile is left out, for without it it would run always.
func (i *importer) check(kind string, out map[string]any, path string) bool {
	text, err := json.Marshal([]map[string]any{{kind: out}})
	if err != nil {
		i.leave(path, "%s", err)
		return false
	}
	_, problems := pipeline.Compile(text, "")
	for _, p := range problems {
		at := strings.TrimPrefix(p.Path, "[0]."+kind)
		i.leave(path+at, "%s", p.Message)
	}
	return len(problems) == 0
}
