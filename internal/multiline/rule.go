// Package multiline holds the rules that make one event of several lines: the presets that
// know stack traces, and patterns.
//
// The agent frames files by them, in package frame. Tools that try a pipeline on lines, and
// have no files, use Join, so that they see the events that an agent would ship. The rules
// are pure functions of bytes: nothing here keeps state or starts goroutines.
package multiline

import (
	"fmt"
	"regexp"

	"github.com/millrace/millrace/schemas/collect"
)

// Verdict is what a rule says of a line.
type Verdict struct {
	Joins bool  // it belongs to the event of the line before it, if that is open
	Ends  bool  // its event ends with it
	State uint8 // what the rule wants to know of it at the next line
}

// Rule says which lines make up one event. It gets the state that it left at the line
// before, 0 where no event is open, and the line's text.
type Rule func(state uint8, line []byte) Verdict

// single is the rule that each line is an event.
func single(uint8, []byte) Verdict { return Verdict{Ends: true} }

// New is the rule of a collection; nil is that each line is an event. Errors are those of a
// config that was not validated.
func New(m *collect.Multiline) (Rule, error) {
	if m == nil {
		return single, nil
	}
	switch m.Preset {
	case "":
	case collect.PresetJava:
		return java, nil
	case collect.PresetPython:
		return python, nil
	case collect.PresetGo:
		return golang, nil
	default:
		return nil, fmt.Errorf("multiline: unknown preset %q", m.Preset)
	}
	re, err := collect.CompilePattern(m.Pattern)
	if err != nil {
		return nil, fmt.Errorf("multiline: %w", err)
	}
	return byPattern(m.Mode, re, m.Negate)
}

func byPattern(mode collect.MultilineMode, re *regexp.Regexp, negate bool) (Rule, error) {
	switch mode {
	case collect.ModeStart:
		return func(_ uint8, line []byte) Verdict { return Verdict{Joins: re.Match(line) == negate} }, nil
	case collect.ModeContinuation:
		return func(_ uint8, line []byte) Verdict { return Verdict{Joins: re.Match(line) != negate} }, nil
	case collect.ModeEnd:
		return func(_ uint8, line []byte) Verdict { return Verdict{Joins: true, Ends: re.Match(line) != negate} }, nil
	}
	return nil, fmt.Errorf("multiline: unknown mode %q", mode)
}
