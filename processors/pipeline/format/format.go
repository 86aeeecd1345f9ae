package format

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

// Input is a line to parse, and what is needed beside it.
type Input struct {
	Event    *event.Event
	Line     []byte
	At       time.Time      // when the line was read: years and zones it does not name come from here
	Location *time.Location // never nil
	Scratch  Scratch
}

// Scratch is memory that formats reuse from line to line.
type Scratch struct {
	path   []byte
	paths  usualPaths
	pairs  []pair
	reader reader
	logger loggerLine
	iis    iisLine
	second secondRead
	status window

	roles      []roleOf // by ID
	generation int      // of the event's IDs that roles is for

	loose    bool // what was read breaks the rules of its format
	repeated bool // a name stands several times among the pairs
	stamp    stampRead
}

// secondRead is a time of the common log format that was read.
type secondRead struct {
	text  [timeSize]byte
	value event.Value
}

// is reports whether a time has the same text.
func (s *secondRead) is(text *[timeSize]byte) bool {
	const last = timeSize - wordSize
	a, b := s.text[:], text[:]
	return word(a, 0) == word(b, 0) && word(a, 8) == word(b, 8) && word(a, 16) == word(b, 16) && word(a, last) == word(b, last)
}

// read reads a time.
func (s *secondRead) read(text []byte) bool {
	t, ok := layout.CommonLog(text)
	if ok {
		copy(s.text[:], text)
		s.value = event.Time(t)
	}
	return ok
}

// pair is a field found in a line, not yet set in the event.
type pair struct {
	id    event.ID
	value event.Value
}

// Spec describes one format.
type Spec struct {
	Name    string   `json:"name"`
	Summary string   `json:"summary"`
	Example string   `json:"example"`
	Fields  []string `json:"fields"` // what it sets, where the line has it

	// Parse parses a line.
	Parse func(in *Input) error `json:"-"`
	// Shape is how the user says what the lines look like, of formats that let him.
	Shape Shape `json:"-"`
}

// Shape makes a parser of what an option of the format says.
type Shape struct {
	Option string // its name; empty: there is none
	Make   func(text string) (parse func(in *Input) error, err error)
}

// Specs returns all formats, by name.
func Specs() []Spec {
	all := append([]Spec{autoSpec()}, known()...)
	slices.SortFunc(all, func(a, b Spec) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// known returns all formats but auto, made once.
var known = sync.OnceValue(func() []Spec {
	specs := []Spec{
		apacheErrorSpec(), haproxySpec(), iisSpec(), jsonSpec(), jvmGCSpec(), logfmtSpec(), mongodbSpec(), mysqlErrorSpec(), mysqlSlowSpec(),
		nginxAccessSpec(), nginxErrorSpec(), nginxIngressSpec(), plainSpec(), postgresqlSpec(), redisSpec(), syslogSpec(), traceSpec(),
	}
	return slices.Concat(specs, containerSpecs(), elasticSpecs(), javaSpecs(), webServerSpecs())
})

// byName returns all formats but auto by their names.
func byName() map[string]Spec {
	found := map[string]Spec{}
	for _, s := range known() {
		found[s.Name] = s
	}
	return found
}

func plainSpec() Spec {
	return Spec{
		Name:    "plain",
		Summary: "Any text. The line stays as it is, in message.",
		Example: "anything at all",
		Fields:  []string{"message"},
		Parse: func(in *Input) error {
			in.Event.Set(event.Message, event.String(in.Line))
			return nil
		},
	}
}
