package enrich_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich"
	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

// knows is a revision store that knows one collection.
func knows(tb testing.TB, config string) (revision.ID, func(context.Context, revision.ID) (refine.Found, error)) {
	tb.Helper()
	_, id, canonical := testbed.Canonical(tb, config)
	rev, refusal := refine.NewRevision(id, canonical)
	if refusal != nil {
		tb.Fatal(refusal)
	}
	return id, func(context.Context, revision.ID) (refine.Found, error) { return refine.Found{Revision: rev}, nil }
}

// input is a record as the processor sees it.
func input(r *kgo.Record) processors.Record {
	var headers []processors.Header
	for _, h := range r.Headers {
		headers = append(headers, processors.Header{Key: h.Key, Value: h.Value})
	}
	return processors.Record{
		Topic: topic.Raw, Partition: topic.Partition(r.Key, testbed.Partitions), Offset: 3, Key: string(r.Key), Value: r.Value,
	}.WithHeaders(headers...)
}

func state(t *testing.T, out processors.Outcome) *hosts.State {
	t.Helper()
	b, _ := out.Value.([]byte)
	s, err := hosts.Decode(b)
	if err != nil || !out.Set {
		t.Fatalf("%v; %+v", err, out)
	}
	return s
}

func TestTheTableCountsARecordOnce(t *testing.T) {
	rev, get := knows(t, shop)
	reg := prometheus.NewRegistry()
	spec := enrich.Spec(testbed.Partitions, get, reg)
	value := "no access line\n" + accessLines(0, 2)
	first := input(rawRecord("web-1", 1, rev, value))
	second := input(rawRecord("web-1", 2, rev, accessLines(2, 1), func(m *record.Manifest) {
		m.Segments = append(m.Segments, record.Segment{Kind: record.Gap, Len: 7, Reason: "gone"}, record.Segment{Kind: record.Skipped, Count: 9, Reason: "rate"})
	}))

	one := processors.Try(t.Context(), spec, first, nil)
	two := processors.Try(t.Context(), spec, second, one.Value)
	again := processors.Try(t.Context(), spec, first, two.Value)

	got := state(t, two)
	want := &hosts.State{LastSeen: readAt, Gaps: 1, GapBytes: 7, SkippedLines: 9, Apps: []hosts.App{{
		Name: "shop", At: readAt,
		Counts: hosts.Counts{Lines: 4, Bytes: uint64(len(value) + len(accessLines(2, 1))), Failures: 1},
	}}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(hosts.App{}), cmpopts.IgnoreFields(hosts.State{}, "Window")); diff != "" {
		t.Error(diff)
	}
	rates := got.Apps[0].RatesAt(readAt)
	for name, pair := range map[string][2]float64{
		"lines": {rates.Lines.M1, 4}, "bytes": {rates.Bytes.M1, float64(want.Apps[0].Bytes)}, "failures": {rates.Failures.M1, 1},
	} {
		if math.Abs(60*pair[0]-pair[1]) > 1e-3 {
			t.Errorf("the rate of %s over a minute is %g, want %g of it", name, pair[0], pair[1])
		}
	}
	if diff := cmp.Diff(two.Value, again.Value); diff != "" {
		t.Errorf("a record delivered again changed the table: %s", diff)
	}
	if diff := cmp.Diff(one.Emits, again.Emits, cmpopts.IgnoreUnexported(packed.Text{}), cmpopts.IgnoreFields(processors.Message{}, "Memory")); diff != "" {
		t.Errorf("a record delivered again is not the same: %s", diff)
	}
	for name, want := range map[string]float64{"lines_in": 7, "lines_out": 7, "failures": 2, "records_again": 1, "gaps": 1, "skipped_lines": 9} {
		if got := metric(t, reg, "millrace_enrich_"+name+"_total"); got != want {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
}

// metric is the value of a counter without labels.
func metric(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func TestTwoStartsOfAnAgentAreTwoWriters(t *testing.T) {
	rev, get := knows(t, shop)
	spec := enrich.Spec(testbed.Partitions, get, nil)
	first := processors.Try(t.Context(), spec, input(rawRecord("web-1", 1, rev, "a\n")), nil)
	restarted := rawRecord("web-1", 1, rev, "b\n", func(m *record.Manifest) { m.Writer.Nonce = 2 })
	second := processors.Try(t.Context(), spec, input(restarted), first.Value)
	if n := state(t, second).Apps[0].Lines; n != 2 {
		t.Errorf("%d lines are counted, want 2", n)
	}
}

func TestAStateThatCannotBeReadBeginsAnew(t *testing.T) {
	rev, get := knows(t, shop)
	for name, stored := range map[string][]byte{
		"garbage":             []byte("garbage"),
		"a window from afar":  hosts.Append(nil, &hosts.State{Window: []byte{99}}),
		"a version from afar": {hosts.Version + 1},
	} {
		t.Run(name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			out := processors.Try(t.Context(), enrich.Spec(testbed.Partitions, get, reg), input(rawRecord("web-1", 1, rev, "a\n")), stored)
			if s := state(t, out); len(s.Apps) != 1 || s.Apps[0].Lines != 1 || len(out.Emits) != 1 {
				t.Errorf("%+v", s)
			}
			if n := metric(t, reg, "millrace_enrich_table_resets_total"); n != 1 {
				t.Errorf("%g resets are counted", n)
			}
		})
	}
}

func TestARecordIsGivenBackWhenWaitingEnds(t *testing.T) {
	get := func(context.Context, revision.ID) (refine.Found, error) { return refine.Found{}, context.Canceled }
	out := processors.Try(t.Context(), enrich.Spec(testbed.Partitions, get, nil), input(rawRecord("web-1", 1, revision.ID{1}, "a\n")), nil)
	if !out.Abandoned || out.Set || len(out.Emits)+len(out.Letters) > 0 {
		t.Errorf("%+v", out)
	}
}

func TestARefusedRecordTouchesNoTable(t *testing.T) {
	rev, get := knows(t, shop)
	r := rawRecord("web-1", 1, rev, "a\n")
	r.Key = []byte("web-2")
	out := processors.Try(t.Context(), enrich.Spec(testbed.Partitions, get, nil), input(r), nil)
	if out.Set || len(out.Letters) != 1 || out.Letters[0].Reason != enrich.ReasonKey {
		t.Errorf("%+v", out)
	}
}

func TestConfigNamesEveryProblem(t *testing.T) {
	cfg := enrich.Default()
	cfg.RevisionWait = -1
	err := cfg.Validate()
	for _, key := range []string{"kafka.brokers", "state_dir", "etcd.endpoints", "revision_wait"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%q is not in %v", key, err)
		}
	}
	if err := enrich.Run(t.Context(), cfg, processors.Deps{}); err == nil {
		t.Error("Run took the config")
	}
}

func TestLinesOfNoRevisionAreNotTakenForARangeOfNone(t *testing.T) {
	get := func(context.Context, revision.ID) (refine.Found, error) {
		return refine.Found{Refusal: &refine.Refusal{Reason: refine.ReasonUnknown, Cause: "?"}}, nil
	}
	r := rawRecord("web-1", 1, revision.ID{}, "a line\n", func(m *record.Manifest) {
		m.Segments = append([]record.Segment{{Kind: record.Gap, Len: 7, Reason: "gone"}}, m.Segments...)
	})
	out := processors.Try(t.Context(), enrich.Spec(testbed.Partitions, get, nil), input(r), nil)
	if len(out.Letters) != 1 || out.Letters[0].Reason != refine.ReasonUnknown {
		t.Errorf("the letters are %+v", out.Letters)
	}
}
