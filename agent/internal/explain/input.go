package explain

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
)

// InputScheme begins the path by which an input is asked for, and by which records tell
// of it.
const InputScheme = "input://"

// InputName is the input that a path asks for.
func InputName(path string) (name string, ok bool) { return strings.CutPrefix(path, InputScheme) }

// InputFacts are all that the verdict on an input rests on.
type InputFacts struct {
	Name string
	// Input is how it fares; nil: the host has none of this name.
	Input *status.Input
	// Spool is the folder of its spool.
	Spool string
	Host  string
	Now   time.Time
	Known
	// Trouble is why Kafka takes no records since TroubleSince, nil if it does.
	Trouble      error
	TroubleSince time.Time
}

// OfInput explains whether what an input receives is collected.
func OfInput(f *InputFacts) status.Explanation {
	a := &answer{
		Facts: &Facts{Host: f.Host, Known: f.Known},
		e:     status.Explanation{Path: InputScheme + f.Name, Revision: f.Revision, At: f.Now.UTC()},
	}
	_ = a.noInput(f) || a.notAsked(f) || a.inputWaits(f)
	return a.e
}

func (a *answer) noInput(f *InputFacts) bool {
	return f.Input == nil && a.is(status.NoFile, "the settings of this agent have no input %s", f.Name)
}

// notAsked finds that no collection asks for the input here, or notes which one does.
func (a *answer) notAsked(f *InputFacts) bool {
	if claims := find.Claims(f.Views, filepath.Join(f.Spool, "0.log")); len(claims) > 0 {
		a.e.Collection = claims[0].View.Name
		return false
	}
	waits := "what it receives waits in its spool, " + bytes(uint64(f.Input.SpoolBytes)) + " of " + bytes(uint64(f.Input.SpoolLimit)) +
		"; once that is full, senders have to wait, and what comes by UDP is lost and counted"
	for i := range f.Others {
		if v := &f.Others[i]; slices.Contains(v.Inputs, f.Name) {
			a.e.Collection = v.Name
			return a.is(status.NotSelected, "%s asks for it, but does not select the host %s: it selects %s; %s", v.Name, f.Host, selection(&v.Select), waits)
		}
	}
	return a.is(status.NoCollection, "no collection asks for it; %s", waits)
}

// inputWaits tells how an input fares that is asked for.
func (a *answer) inputWaits(f *InputFacts) bool {
	in := f.Input
	spool := bytes(uint64(in.SpoolBytes)) + " of " + bytes(uint64(in.SpoolLimit)) + " of its spool are used"
	switch {
	case f.Trouble != nil && in.SpoolBytes > 0:
		return a.is(status.KafkaDown, "it is held back, %s: Kafka takes no records since %s: %v", spool, clock(f.TroubleSince), f.Trouble)
	case f.Unacked > silence:
		return a.is(status.KafkaDown, "it is held back, %s: Kafka has not acknowledged a record for %s", spool, f.Unacked.Round(time.Second))
	case in.Received == 0 && in.SpoolBytes == 0:
		return a.is(status.Empty, "nothing has come since the agent started; it listens at %s", listening(in))
	}
	return a.is(status.Collected, "it is collected for %s: %d events came since the agent started, %d were lost, and %s", a.e.Collection, in.Received, in.Dropped, spool)
}

func listening(in *status.Input) string {
	if len(in.Listening) == 0 {
		return "nothing: " + cmp.Or(in.LastError, "it is being started")
	}
	return strings.Join(in.Listening, ", ")
}

// Takers are the collections that ask for an input.
func Takers(views []collect.AgentView, input string) (names []string) {
	for i := range views {
		if slices.Contains(views[i].Inputs, input) {
			names = append(names, views[i].Name)
		}
	}
	return names
}
