package pipeline

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// TestInputsThatFollowMakeTheSameDocuments runs lines with Follows where it is true, through records of several origins, a
// step that sets what they have in common, and one that panics: then the runner has forgotten what it was given before.
func TestInputsThatFollowMakeTheSameDocuments(t *testing.T) {
	p := mustCompile(t, `[{"set":{"field":"host.name","value":"own","if":"message contains \"own\""}},`+
		`{"reroute":{"dataset":"other","if":"message contains \"other\""}}]`)
	ruin := append([]compiled{{path: "ruin", do: panics{}}}, p.steps...)
	one, two := p.NewRunner(), p.NewRunner()
	for record := range 3 {
		in := *benchInput("")
		in.At, in.ManyPaths = in.At.Add(time.Duration(record)*time.Second), record == 1
		in.Path = fmt.Sprintf("/var/log/%d.log", record)
		for i, line := range []string{"a", "own", "b", "ruin", "c", "other", "d"} {
			in.Message, in.Offset, in.Follows = []byte(line), uint64(i), i > 0
			again := in
			again.Follows = false
			one.steps, two.steps = p.steps, p.steps
			if line == "ruin" {
				one.steps, two.steps = ruin, ruin
			}
			got, result := one.Run(nil, &in)
			if want, wanted := two.Run(nil, &again); !bytes.Equal(got, want) || result != wanted {
				t.Errorf("record %d, line %s: %s, %+v; want %s, %+v", record, line, got, result, want, wanted)
			}
		}
	}
}
