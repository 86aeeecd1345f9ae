package enrich

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/record"
	beats "github.com/millrace/millrace/schemas/stage"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// feed tells of a record of lines, of which some failed.
func feed(h *Health, after time.Duration, collection string, lines, failed int) {
	out := &refine.Output{Pipelines: []refine.PipelineCounts{{Collection: collection, Lines: lines, Failed: failed}}}
	for i := range min(failed, refine.MostFailing) {
		out.Failing = append(out.Failing, refine.Failing{
			Collection: collection, Path: "/p", Cause: "pipeline[0].grok: no pattern fits", Line: fmt.Appendf(nil, "\xff%d", i),
		})
	}
	h.take(noon.Add(after), &record.Manifest{Host: "web-1", At: noon}, out)
}

func TestAPipelineThatBeginsToFailIsTold(t *testing.T) {
	h := NewHealth()
	for minute := range 60 {
		feed(h, time.Duration(minute)*time.Minute, "shop", 100, 1)
		feed(h, time.Duration(minute)*time.Minute, "odd", 100, 50)
	}
	if got := h.Jumped(noon.Add(time.Hour)); len(got) > 0 {
		t.Errorf("told of what always was: %+v", got)
	}
	feed(h, time.Hour, "shop", 100, 12)
	feed(h, time.Hour, "odd", 100, 50)
	got := h.Jumped(noon.Add(time.Hour + 5*time.Second))
	if len(got) != 1 || got[0].Collection != "shop" || len(got[0].Failing) != beats.MostFailing {
		t.Fatalf("%+v", got)
	}
	want := beats.FailingLine{At: noon, Host: "web-1", Path: "/p", Line: "\ufffd9", Step: "pipeline[0].grok", Cause: "no pattern fits"}
	if diff := cmp.Diff(want, got[0].Failing[0]); diff != "" {
		t.Error(diff)
	}
	if got[0].Minute.Failed != 12 || got[0].Before != (beats.Share{Lines: 6000, Failed: 60}) {
		t.Errorf("%+v", got[0])
	}
	if got := h.Jumped(noon.Add(time.Hour + 2*time.Minute)); len(got) > 0 {
		t.Errorf("told of what is over: %+v", got)
	}
	if h.Jumped(noon.Add(3 * time.Hour)); len(h.pipelines) > 0 {
		t.Errorf("%d collections are remembered that nobody hears of", len(h.pipelines))
	}
}

func TestABeatTellsHowManyLinesOfEachCollectionFailedInTheLastHour(t *testing.T) {
	h := NewHealth()
	feed(h, 0, "fine", 100, 0)
	feed(h, 0, "few", 100, 3)
	feed(h, 30*time.Minute, "few", 50, 1)
	feed(h, 30*time.Minute, "many", 100, 60)
	of := func(name string, lines, failed uint64) beats.Failed {
		return beats.Failed{Collection: name, Share: beats.Share{Lines: lines, Failed: failed}}
	}
	for _, c := range []struct {
		after time.Duration
		want  []beats.Failed
	}{
		{30 * time.Minute, []beats.Failed{of("many", 100, 60), of("few", 150, 4)}},
		{75 * time.Minute, []beats.Failed{of("many", 100, 60), of("few", 50, 1)}},
		{3 * time.Hour, nil},
	} {
		if diff := cmp.Diff(c.want, h.Failed(noon.Add(c.after))); diff != "" {
			t.Errorf("after %v: %s", c.after, diff)
		}
	}
}

func TestABeatTellsOfTheWorstPipelines(t *testing.T) {
	h := NewHealth()
	for i := range 20 {
		feed(h, 0, fmt.Sprintf("c%02d", i), 100, 10+i)
	}
	var names []string
	for _, p := range h.Jumped(noon) {
		names = append(names, p.Collection)
	}
	if got := strings.Join(names, " "); got != "c19 c18 c17 c16 c15 c14 c13 c12 c11 c10" {
		t.Error(got)
	}
}
