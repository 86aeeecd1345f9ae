package collect

import (
	"errors"
	"fmt"
	"regexp"
	resyntax "regexp/syntax"
	"time"
)

// Multiline says which lines make up one event.
type Multiline struct {
	// Preset is a known kind of event instead of Mode and Pattern: PresetJava and so on.
	Preset string `json:"preset,omitempty"`
	// Mode says what it means that Pattern matches a line.
	Mode MultilineMode `json:"mode,omitempty"`
	// Pattern is a regular expression (RE2), matched anywhere in a line.
	Pattern string `json:"pattern,omitempty"`
	// Negate turns the meaning of Pattern around: a line matches when Pattern does not.
	Negate bool `json:"negate,omitempty"`
	// Timeout is how long an event waits for its next line.
	Timeout Duration `json:"timeout"`
	// MaxBytes and MaxLines end an event that grows beyond them; the line that was too
	// much begins the next one.
	MaxBytes int `json:"max_bytes"`
	MaxLines int `json:"max_lines"`
}

// MultilineMode says what a matching line does.
type MultilineMode string

// The modes.
const (
	// ModeStart: a matching line begins an event.
	ModeStart MultilineMode = "start"
	// ModeContinuation: a matching line belongs to the event of the line before it.
	ModeContinuation MultilineMode = "continuation"
	// ModeEnd: a matching line ends its event.
	ModeEnd MultilineMode = "end"
)

// The presets: stack traces, each as one event with the line that came before it.
const (
	PresetJava   = "java"
	PresetPython = "python"
	PresetGo     = "go"
)

var (
	presets = []string{PresetJava, PresetPython, PresetGo}
	modes   = []MultilineMode{ModeStart, ModeContinuation, ModeEnd}
)

// Defaults and bounds of Multiline and Limits.
const (
	DefaultTimeout  = Duration(5 * time.Second)
	MaxTimeout      = Duration(10 * time.Minute)
	DefaultMaxBytes = 128 << 10
	// MostMaxBytes and MostMaxLines leave an event and its manifest room in one record.
	MostMaxBytes    = 192 << 10
	DefaultMaxLines = 500
	MostMaxLines    = 1000
	DefaultBurst    = Duration(10 * time.Second)
	MaxBurst        = Duration(time.Hour)
)

// Bounds of a pattern: its length, and the instructions that it compiles to, which bound
// the work for each byte of a line.
const (
	maxPattern      = 1024
	maxInstructions = 4096
)

// ErrPattern is returned by CompilePattern for what is no pattern or too large a one.
var ErrPattern = errors.New("not a usable pattern")

// CompilePattern compiles a pattern of Multiline. Errors wrap ErrPattern.
func CompilePattern(pattern string) (*regexp.Regexp, error) {
	if pattern == "" || len(pattern) > maxPattern {
		return nil, fmt.Errorf("%w: it must have 1 to %d bytes, not %d", ErrPattern, maxPattern, len(pattern))
	}
	tree, err := resyntax.Parse(pattern, resyntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPattern, err)
	}
	prog, err := resyntax.Compile(tree.Simplify())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPattern, err)
	}
	if n := len(prog.Inst); n > maxInstructions {
		return nil, fmt.Errorf("%w: it compiles to %d instructions, more than %d: write fewer or smaller repetitions", ErrPattern, n, maxInstructions)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPattern, err)
	}
	return re, nil
}

func (m *Multiline) withDefaults() {
	if m.Timeout == 0 {
		m.Timeout = DefaultTimeout
	}
	if m.MaxBytes == 0 {
		m.MaxBytes = DefaultMaxBytes
	}
	if m.MaxLines == 0 {
		m.MaxLines = DefaultMaxLines
	}
}
