package pipeline

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/step"
)

// varying follows what may change over time, such as the answers of geoip, through the steps of a pipeline. A raw record that
// is delivered again must come to the same app, index and fate, so nothing of the kind may decide them. The account is
// careful: it forgets nothing, and a step that reads a varying field makes all that it writes vary.
type varying struct {
	fields   map[string]string // by path: the step it comes from; "" is any field
	problems []Problem
}

// checkVarying finds steps that would make app, index or drop depend on what may change.
func checkVarying(steps []compiled) []Problem {
	v := varying{fields: map[string]string{}}
	for {
		before := len(v.fields)
		v.problems = nil
		v.list(steps, "")
		if len(v.fields) == before {
			return v.problems
		}
	}
}

// list follows steps in order. since names the step that decides whether they run at all; empty if none does. It returns
// what decides whether the steps behind the list run.
func (v *varying) list(steps []compiled, since string) string {
	for i := range steps {
		since = v.step(&steps[i], since)
	}
	return since
}

func (v *varying) step(s *compiled, since string) string {
	var conditions []string
	if s.when != nil {
		conditions = s.when.Fields()
	}
	read := v.reads(conditions)
	runs := first(since, read) // what decides whether the step runs
	data := v.reads(s.flow.Reads)
	source := first(runs, data)
	switch s.do.(type) {
	case *step.Reroute:
		v.refuse(s, source, "the app")
	case step.Dropper:
		v.refuse(s, source, "whether the event is dropped")
	}
	if s.flow.Varies {
		source = first(source, s.path)
	}
	if source != "" {
		for _, path := range s.flow.Writes {
			if v.fields[path] = first(v.fields[path], source); path == "@timestamp" {
				v.refuse(s, source, "the time, and by it the index")
			}
		}
	}
	if s.inner != nil {
		since = v.contain(s, v.step(&s.inner[0], runs), since)
	}
	// What only looks things up never fails on what it finds; any other step that reads a varying field may.
	may := first(read, data)
	return v.contain(s, first(may, since), since)
}

// contain says what decides whether the steps behind s run, where fails decides whether s fails.
func (v *varying) contain(s *compiled, fails, since string) string {
	switch {
	case fails == since || s.ignore:
		v.list(s.onFailure, since)
		return since
	case s.handles:
		after := v.list(s.onFailure, fails)
		if len(s.onFailure) == 0 {
			return since
		}
		return after
	}
	return fails
}

// reads returns the step that one of the fields varies by.
func (v *varying) reads(paths []string) string {
	if any, ok := v.fields[""]; ok && len(paths) > 0 {
		return any
	}
	for _, path := range paths {
		for _, field := range sorted(v.fields) {
			if field == path || strings.HasPrefix(field, path+".") || strings.HasPrefix(path, field+".") {
				return v.fields[field]
			}
		}
	}
	return ""
}

func (v *varying) refuse(s *compiled, source, what string) {
	if source == "" {
		return
	}
	p := Problem{Path: s.path, Message: what + " must not depend on what may change over time: it depends on " + source +
		"; put this step before it, or give the steps between that can fail \"ignore_failure\": true"}
	if !slices.Contains(v.problems, p) {
		v.problems = append(v.problems, p)
	}
}

func sorted(fields map[string]string) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
