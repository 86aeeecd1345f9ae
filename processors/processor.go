package processors

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/topic"
)

// Processor is an extra processor as programs know it: its name, and how its spec is
// made of settings. Handing it to package processors/program, or adding it to the list
// of `millrace processor`, is all that has to be done to run it.
type Processor struct {
	// Name chooses the processor and its settings; it is the consumer group too. It
	// cannot be that of a stage of Millrace's own, such as enrich.
	Name string
	// About says in one line what it does.
	About string
	// Spec makes the spec. It does nothing else; what is wrong with settings is found
	// by Make.
	Spec func(s *Settings) Spec
}

// Make is the processor's spec, with its settings by name. It reports every setting
// that is not understood or that nobody asks for.
func (p Processor) Make(settings map[string]string) (Spec, error) {
	if p.Name == "" || p.Spec == nil {
		return Spec{}, fmt.Errorf("processors: the processor %q lacks its Name or Spec", p.Name)
	}
	s := &Settings{of: p.Name, given: settings, asked: map[string]bool{}}
	spec := p.Spec(s)
	if spec.Group == "" {
		spec.Group = p.Name
	}
	return spec, errors.Join(reserved(spec.Group), s.unknown(), errors.Join(s.errs...), spec.Validate())
}

// reserved refuses the groups of Millrace's own stages: two processors of one group would
// share the records between them.
func reserved(group string) error {
	if stage.Own(group) || strings.HasPrefix(group, topic.GroupAdopt+"-") {
		return fmt.Errorf("extra: the name %q is taken by a part of Millrace", group)
	}
	return nil
}

// Settings are what a user may choose of one processor: under `extra.settings.NAME`
// of the config file.
type Settings struct {
	of    string
	given map[string]string
	asked map[string]bool
	errs  []error
}

// String is a setting's text.
func (s *Settings) String(name, otherwise string) string {
	return read(s, name, otherwise, "text", func(text string) (string, error) { return text, nil })
}

// Int is a setting that is a whole number.
func (s *Settings) Int(name string, otherwise int) int {
	return read(s, name, otherwise, "whole number", strconv.Atoi)
}

// Float is a setting that is a number.
func (s *Settings) Float(name string, otherwise float64) float64 {
	return read(s, name, otherwise, "number", func(text string) (float64, error) { return strconv.ParseFloat(text, 64) })
}

// Duration is a setting such as 5m.
func (s *Settings) Duration(name string, otherwise time.Duration) time.Duration {
	return read(s, name, otherwise, "duration, such as 5m", time.ParseDuration)
}

func read[T any](s *Settings, name string, otherwise T, kind string, parse func(string) (T, error)) T {
	s.asked[name] = true
	text, ok := s.given[name]
	if !ok {
		return otherwise
	}
	value, err := parse(text)
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("extra.settings.%s.%s: %q is no %s", s.of, name, text, kind))
	}
	return value
}

func (s *Settings) unknown() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s.given)) {
		if !s.asked[name] {
			known := "it has no settings"
			if len(s.asked) > 0 {
				known = "known are " + strings.Join(slices.Sorted(maps.Keys(s.asked)), ", ")
			}
			errs = append(errs, fmt.Errorf("extra.settings.%s.%s: unknown key; %s", s.of, name, known))
		}
	}
	return errors.Join(errs...)
}
