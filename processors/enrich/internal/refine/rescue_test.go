package refine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/step"
	"github.com/millrace/millrace/processors/pipeline/table"
)

// odd is a table on two keys of which our program fails: one cannot be looked up, what the other gives cannot be written.
type odd struct{}

const (
	unfindable = "unfindable"
	unwritable = "unwritable"
)

func (o odd) Geo() *geo.Set           { return nil }
func (o odd) Table(string) step.Table { return o }

func (odd) FindNet([]byte) (table.Row, bool) { return nil, false }

func (odd) Find(key []byte) (table.Row, bool) {
	answer := event.String(key)
	switch string(key) {
	case unfindable:
		panic("odd key")
	case unwritable:
		answer.Num = 1 << 50 // bytes, of which nobody has so many
	}
	return table.Row{{Value: answer}}, true
}

// TestOnlyTheLinesThatTheProgramFailsOnAreLost looks at records that are written plain, and packed.
func TestOnlyTheLinesThatTheProgramFailsOnAreLost(t *testing.T) {
	found := compile(t, `{"name":"shop-access","app":"shop","paths":["/var/log/shop/*"],"pipeline":[{"lookup":{"field":"message","table":"odd","target_field":"label"}}]}`)
	w := refine.Worker{Data: odd{}}
	for _, count := range []int{7, 5000} {
		var text strings.Builder
		var good, lost []string
		for i := range count {
			line := fmt.Sprintf("line %d", i)
			if i%50 == 3 {
				line = unfindable
			} else if i%50 == 4 || i == count-1 {
				line = unwritable
			}
			if strings.HasPrefix(line, "line") {
				good = append(good, line)
			} else {
				lost = append(lost, id(uint64(100+text.Len()), line))
			}
			text.WriteString(line + "\n")
		}
		m, value := raw(text.String(), lines(text.Len()))
		out := w.Refine(m, value, each(found, m))
		want := refine.Tally{In: count, InBytes: text.Len(), Out: len(good), Dead: len(lost)}
		if diff := cmp.Diff(want, out.Tally); diff != "" {
			t.Error(diff)
		}
		if p := out.Pipelines[0]; p.Lines != count || p.Failed != len(lost) {
			t.Errorf("%d lines, %d of them lost: %+v", count, len(lost), p)
		}
		var got []string
		for _, d := range documents(t, out) {
			got = append(got, d.event["message"].(string))
		}
		if diff := cmp.Diff(good, got); diff != "" {
			t.Error(diff)
		}
		dead := buried(t, out)[refine.ReasonPipeline]
		slices.Sort(dead)
		slices.Sort(lost)
		if diff := cmp.Diff(lost, dead); diff != "" {
			t.Error(diff)
		}
		if causes := []string{out.Letters[0].Cause, out.Letters[1].Cause}; causes[0] != "pipeline[0].lookup: panic: odd key" ||
			!strings.HasPrefix(causes[1], "encoding: panic: ") {
			t.Error(causes)
		}
	}
}
