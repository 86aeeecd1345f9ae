package demo

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/collect"
)

var opening = time.Date(2026, 11, 22, 20, 0, 0, 0, time.FixedZone("", 3600))

// day runs a shop for a while in steps.
func day(seed uint64, length, step time.Duration) []Line {
	s := New(seed, opening, DefaultRate)
	var all []Line
	for at := opening; !at.After(opening.Add(length)); at = at.Add(step) {
		all = append(all, s.Until(at)...)
	}
	return all
}

func TestTheSameSeedWritesTheSameLinesHoweverOftenItIsAsked(t *testing.T) {
	once, often := day(7, 20*time.Minute, 10*time.Minute), day(7, 20*time.Minute, 100*time.Millisecond)
	texts := func(lines []Line, stream Stream) (out []string) {
		for _, l := range lines {
			if l.Stream == stream {
				out = append(out, l.Text)
			}
		}
		return out
	}
	for stream := range streams {
		if !slices.Equal(texts(once, stream), texts(often, stream)) {
			t.Errorf("%s depends on how often the shop is asked", Names[stream])
		}
	}
	if slices.Equal(texts(once, Access), texts(day(8, 20*time.Minute, time.Minute), Access)) {
		t.Error("another seed gives the same lines")
	}
}

func TestTheRateIsWhatWasAskedFor(t *testing.T) {
	const length = 68 * time.Minute // four swells
	var total float64
	for seed := range uint64(3) {
		total += float64(len(day(seed, length, time.Minute))) / 3
	}
	if rate := total / length.Seconds(); math.Abs(rate-DefaultRate) > DefaultRate*0.1 {
		t.Errorf("%.1f lines a second, want %d", rate, DefaultRate)
	}
}

func TestEveryLineIsUnderstoodByItsCollection(t *testing.T) {
	collections, err := Collections("/srv/[odd] data/demo-logs")
	if err != nil {
		t.Fatal(err)
	}
	var runners []*pipeline.Runner
	for i, s := range collections {
		c, problems := collect.Parse(s.Name, s.Config)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", s.Name, problems)
		}
		view := collect.AgentView{Paths: c.Paths}
		if _, ok := view.Matches("/srv/[odd] data/demo-logs/" + Names[i]); !ok {
			t.Errorf("%v does not match the file", c.Paths)
		}
		p, wrong := pipeline.Compile(c.Pipeline, "pipeline")
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		runners = append(runners, p.NewRunner())
	}
	levels := map[string]int{}
	for _, l := range day(1, 30*time.Minute, time.Minute) {
		if strings.ContainsAny(l.Text, "\n\r") {
			t.Fatalf("a line break in %q", l.Text)
		}
		doc, result := runners[l.Stream].Run(nil, &pipeline.Input{Message: []byte(l.Text), At: opening.Add(time.Hour), App: "shop"})
		if result.Failed || result.Outcome != pipeline.Index || !json.Valid(doc) {
			t.Fatalf("%s: %s, cause %q", l.Text, result.Outcome, result.Cause)
		}
		levels[result.Level]++
	}
	for _, level := range []string{"info", "warn", "error"} {
		if levels[level] == 0 {
			t.Errorf("no line has the level %s: %v", level, levels)
		}
	}
}

func TestIncidentsComeEveryFewMinutesAndCorrelate(t *testing.T) {
	lines := day(3, time.Hour, time.Minute)
	errorsByID := map[string]bool{}
	for _, l := range lines {
		var e struct {
			Level string
			HTTP  struct{ Request struct{ ID string } }
			Error struct {
				Trace string `json:"stack_trace"`
			}
		}
		if l.Stream == App && json.Unmarshal([]byte(l.Text), &e) == nil && e.Level == "error" {
			errorsByID[e.HTTP.Request.ID] = strings.Contains(e.Error.Trace, "\n\tat ")
		}
	}
	minutes, failures, requests := map[string]int{}, 0, 0
	for _, l := range lines {
		if l.Stream != Access {
			continue
		}
		requests++
		_, rest, _ := strings.Cut(l.Text, `HTTP/1.1" `)
		if rest[0] != '5' {
			continue
		}
		failures++
		_, clock, _ := strings.Cut(l.Text, "2026:")
		minutes[clock[:5]]++
		if id := l.Text[strings.LastIndex(l.Text, "req=")+4:]; !errorsByID[id] {
			t.Errorf("request %s failed without an error and its trace", id)
		}
	}
	if failures != len(errorsByID) {
		t.Errorf("%d failed requests, %d errors", failures, len(errorsByID))
	}
	if len(minutes) < 8 || len(minutes) > 30 {
		t.Errorf("5xx in %d minutes of an hour", len(minutes))
	}
	if share := float64(failures) / float64(requests); share < 0.002 || share > 0.1 {
		t.Errorf("%.1f %% of the requests fail", 100*share)
	}
}
