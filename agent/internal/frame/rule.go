package frame

import (
	"fmt"
	"regexp"

	"github.com/millrace/millrace/schemas/collect"
)

// verdict is what a rule says of a line.
type verdict struct {
	joins bool  // it belongs to the event of the line before it, if that is open
	ends  bool  // its event ends with it
	state uint8 // what the rule wants to know of it at the next line
}

// rule says which lines make up one event. It gets the state that it left at the line
// before, 0 where no event is open, and the line's text.
type rule func(state uint8, line []byte) verdict

// single is the rule that each line is an event.
func single(uint8, []byte) verdict { return verdict{ends: true} }

func ruleOf(m *collect.Multiline) (rule, error) {
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

func byPattern(mode collect.MultilineMode, re *regexp.Regexp, negate bool) (rule, error) {
	switch mode {
	case collect.ModeStart:
		return func(_ uint8, line []byte) verdict { return verdict{joins: re.Match(line) == negate} }, nil
	case collect.ModeContinuation:
		return func(_ uint8, line []byte) verdict { return verdict{joins: re.Match(line) != negate} }, nil
	case collect.ModeEnd:
		return func(_ uint8, line []byte) verdict { return verdict{joins: true, ends: re.Match(line) != negate} }, nil
	}
	return nil, fmt.Errorf("multiline: unknown mode %q", mode)
}
