package processors_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/tester"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
)

// total counts events by app.
var total = processors.Processor{
	Name: "total",
	Spec: func(s *processors.Settings) processors.Spec {
		by := s.Int("by", 1)
		return processors.Count(func(apps *map[string]int, b *processors.Batch) {
			for range b.Events() {
				(*apps)[b.App] += by
			}
		}, func(c *processors.Context, _ *map[string]int, b *processors.Batch) { c.Emit("seen", b.ID(), nil) })
	},
}

func TestEventsAreCountedOnceHoweverTheyCome(t *testing.T) {
	p := tester.New(total, nil)
	steps := []processors.Record{
		tester.Batch("shop", "web-1", 1, `{}`, `{}`),
		tester.Batch("api", "web-1", 1, `{}`), // of the same raw record
		tester.Batch("shop", "web-1", 3, `{}`),
		tester.Batch("shop", "web-1", 2, `{}`), // late
		tester.Batch("shop", "web-1", 1, `{}`, `{}`),
		tester.Batch("api", "web-1", 1, `{}`),
		part(t, tester.Batch("shop", "web-1", 3, `{}`), 1), // the raw record made two batches
		part(t, tester.Batch("shop", "web-1", 3, `{}`), 1),
		tester.Batch("shop", "web-1", 3, `{}`),
	}
	for i, r := range steps {
		if out := p.Record(r); len(out.Emits) != 1 || !out.Set || len(out.Letters) > 0 {
			t.Errorf("step %d: %+v", i, out)
		}
		p.Again()
	}
	want := map[string]int{"shop": 5, "api": 1}
	if diff := cmp.Diff(want, tester.Counted[map[string]int](p, "web-1")); diff != "" {
		t.Error(diff)
	}
}

// part makes a record that part of a larger one.
func part(t *testing.T, r processors.Record, n uint32) processors.Record {
	t.Helper()
	header, _ := r.Header(batch.Header)
	var m batch.Manifest
	if err := batch.Decode(header, &m); err != nil {
		t.Fatal(err)
	}
	m.Part = n
	return r.WithHeaders(processors.Header{Key: batch.Header, Value: batch.Append(nil, &m)})
}

func TestEventsAreReadFromWhatTheyShare(t *testing.T) {
	m := batch.Manifest{IDs: make([]record.EventID, 3), Runs: []batch.Run{
		{Count: 1, Index: "a"}, {Count: 2, Index: "b", Close: 1, Open: 1},
	}}
	m.IDs[2][0] = 0xff
	value := `{"n":1}` + "\n" + `{"host":{"name":"web-1"}}` + "\n" + `{"n":2}` + "\n" + `{"n":3}` + "\n"
	r := processors.Record{Topic: "logs.shop", Key: "web-1", Value: []byte(value)}
	var got, ids []string
	spec := processors.Spec{Step: func(c *processors.Context) {
		for e := range c.Batch().Events() {
			n, _ := e.Int("n")
			host, _ := e.Text("host.name")
			got = append(got, string(rune('0'+n))+string(host))
			ids = append(ids, e.ID())
		}
	}}
	out := processors.Try(t.Context(), spec, r.WithHeaders(processors.Header{Key: batch.Header, Value: batch.Append(nil, &m)}), nil)
	if want := []string{"1", "2web-1", "3web-1"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v: %+v", got, want, out)
	}
	if ids[2] != m.IDs[2].String() {
		t.Errorf("the last id is %s", ids[2])
	}
}

func TestWhatIsNoBatchIsPutAside(t *testing.T) {
	good := tester.Batch("shop", "web-1", 1, `{}`)
	header, _ := good.Header(batch.Header)
	cut := good
	cut.Value = nil
	for name, r := range map[string]processors.Record{
		"a record without the header": {Topic: "logs.shop", Key: "web-1", Value: []byte("x")},
		"a header that is cut short":  good.WithHeaders(processors.Header{Key: batch.Header, Value: header[:9]}),
		"a value that does not fit":   cut,
	} {
		p := tester.New(total, nil)
		out := p.Record(r)
		if len(out.Letters) != 1 || out.Letters[0].Reason != processors.ReasonBatch || out.Letters[0].Topic != "dead.logs" || out.Set {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		want     string // in the error
	}{
		"none are needed":           {nil, ""},
		"a good one is taken":       {map[string]string{"by": "2"}, ""},
		"a bad one is named":        {map[string]string{"by": "two"}, `extra.settings.total.by: "two" is no whole number`},
		"an unknown one is refused": {map[string]string{"bye": "2"}, "extra.settings.total.bye: unknown key; known are by"},
	} {
		spec, err := total.Make(c.settings)
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && spec.Group != "total" {
			t.Errorf("%s: group %q", name, spec.Group)
		}
	}
}

func TestAProcessorWithoutANameOrASpecIsRefused(t *testing.T) {
	for _, p := range []processors.Processor{{Name: "half"}, {Spec: total.Spec}} {
		if _, err := p.Make(nil); err == nil || !strings.Contains(err.Error(), "lacks its Name or Spec") {
			t.Errorf("%q: %v", p.Name, err)
		}
	}
}

func TestAnExtraProcessorCannotBeAPartOfMillrace(t *testing.T) {
	for _, name := range []string{"enrich", "fleet", "indexer", "adopt", "adopt-nginx", "agent"} {
		p := total
		p.Name = name
		if _, err := p.Make(nil); err == nil || !strings.Contains(err.Error(), `"`+name+`" is taken`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
