package suggest

import (
	"encoding/json"
	"time"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/processors/pipeline/format"
)

// Formats are those that lines, each an event, are in, the likeliest first, without the
// one that takes anything.
func Formats(lines []string) []format.Guess {
	texts := make([][]byte, len(lines))
	for i, line := range lines {
		texts[i] = []byte(line)
	}
	var found []format.Guess
	for _, guess := range format.Recognise(texts) {
		if guess.Name != "plain" {
			found = append(found, guess)
		}
	}
	return found
}

// Parsed counts the lines that steps parse. Steps that do not compile parse none.
func Parsed(steps json.RawMessage, lines []string, at time.Time) (n int) {
	compiled, problems := pipeline.Compile(steps, "pipeline")
	if len(problems) > 0 {
		return 0
	}
	runner := compiled.NewRunner()
	for _, line := range lines {
		in := pipeline.Input{Message: []byte(line), At: at}
		if _, result := runner.Run(nil, &in); !result.Failed {
			n++
		}
	}
	return n
}
