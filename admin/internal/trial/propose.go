package trial

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/multiline"
	"github.com/millrace/millrace/processors/pipeline/suggest"
)

// sure is how much of a format lines must have for it to be proposed, mostFormats how
// many of them are. Whoever pasted the lines sees how many it parses, and decides.
const (
	sure        = 0.2
	mostFormats = 3
)

// Proposal is a pipeline for lines.
type Proposal struct {
	// Title is what it reads: the name of a format, or that it takes off what the lines
	// begin with.
	Title    string
	Pipeline json.RawMessage
	// Parsed is how many of the lines it parses.
	Parsed int
}

// Study is what can be said of lines.
type Study struct {
	// Proposals are in the order in which they had better be tried.
	Proposals []Proposal
	// Multiline is the preset that joins the stack traces among the lines, and Events what
	// it makes of them; empty where there are none.
	Multiline string
	Events    []string
	suggest.Suggestion
}

// Propose studies lines that were read at at. Where stack traces lie among them, the
// events are studied that the lines make when they are joined. A line that has several
// lines itself shows that they are events already.
func Propose(lines []string, at time.Time) Study {
	var s Study
	if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "\n") }) {
		lines, s.Multiline = multiline.JoinTraces(lines)
	}
	if s.Multiline != "" {
		s.Events = lines
	}
	s.Suggestion = suggest.Study(multiline.Heads(lines), at)
	for _, guess := range suggest.Formats(lines) {
		if guess.Confidence < sure || len(s.Proposals) == mostFormats {
			break
		}
		steps := json.RawMessage(fmt.Sprintf(`[{"format":%q}]`, guess.Name))
		s.add(guess.Name, steps, lines, at)
	}
	if s.Steps != nil {
		s.add("what the lines begin with", s.Steps, lines, at)
	}
	return s
}

func (s *Study) add(title string, steps json.RawMessage, lines []string, at time.Time) {
	if n := suggest.Parsed(steps, lines, at); n > 0 {
		s.Proposals = append(s.Proposals, Proposal{Title: title, Pipeline: steps, Parsed: n})
	}
}
