package refine_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/geo/geotest"
	"github.com/millrace/millrace/processors/pipeline/step"
	"github.com/millrace/millrace/schemas/record"
)

// places is the data of pipelines that ask for places alone.
type places struct{ set *geo.Set }

func (p places) Geo() *geo.Set           { return p.set }
func (p places) Table(string) step.Table { return nil }

// reusedConfigs are of several collections and periods; some of their events go to other apps, or nowhere.
var reusedConfigs = []string{
	`{"name":"shop-access","app":"shop","paths":["/var/log/shop/*"],"pipeline":[{"format":"nginx.access"},{"user_agent":{"field":"user_agent.original","ignore_missing":true}},` +
		`{"geoip":{"field":"source.ip","target_field":"source.geo","ignore_missing":true}},{"reroute":{"dataset":"other","if":"url.path == \"/other\""}}]}`,
	`{"name":"old","app":"shop","period":"month","paths":["/var/log/*"],"pipeline":[{"format":{"name":"nginx.access","ignore_failure":true}},{"drop":{"if":"message contains \"/drop\""}},` +
		`{"reroute":{"dataset":"third","if":"message contains \"7 HTTP\""}},{"set":{"field":"host.name","value":"own","if":"message contains \"own\""}}]}`,
	`{"name":"plain","app":"other","period":"week","paths":["/var/log/*"],"pipeline":[{"dissect":{"pattern":"%{a} own %{b}"}}]}`,
}

// TestARecordBecomesTheSameWhateverCameBefore gives records of many hosts, files, revisions and days to workers that share
// revisions, and each to a worker of its own.
func TestARecordBecomesTheSameWhateverCameBefore(t *testing.T) {
	data := places{geotest.Set(t)}
	shared := compileAll(t)
	var group sync.WaitGroup
	for seed := range uint64(2) {
		group.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 3))
			worker := &refine.Worker{Data: data}
			for range 40 {
				m, value, which := reusedRecord(rng)
				got, want := worker.Refine(m, value, choose(shared, which)), (&refine.Worker{Data: data}).Refine(m, value, choose(compileAll(t), which))
				compareOutputs(t, got, want)
			}
		})
	}
	group.Wait()
}

func compileAll(t *testing.T) (all []refine.Found) {
	t.Helper()
	for _, config := range reusedConfigs {
		all = append(all, compile(t, config))
	}
	return append(all, refine.Found{Refusal: &refine.Refusal{Reason: refine.ReasonUnknown, Cause: "?"}})
}

func choose(all []refine.Found, which []int) (found []refine.Found) {
	for _, i := range which {
		found = append(found, all[i])
	}
	return found
}

// reusedRecord is a record of some files, and which revision each of its segments is of.
func reusedRecord(rng *rand.Rand) (m *record.Manifest, value []byte, which []int) {
	m, _ = raw("")
	m.Host, m.At = fmt.Sprintf("web-%d", rng.IntN(3)), readAt.Add(time.Duration(rng.IntN(40))*time.Hour)
	for range 1 + rng.IntN(5) {
		text := reusedLines(rng, m.At)
		s := lines(len(text))
		s.Src[0], s.Off, s.Path = byte(rng.IntN(4)), uint64(rng.IntN(1<<rng.IntN(40))), fmt.Sprintf("/var/log/shop/%d.log", rng.IntN(4))
		switch rng.IntN(12) {
		case 0:
			s.Part, s.LastPart = 1+uint32(rng.IntN(2)), rng.IntN(2) == 0
		case 1:
			s.Charset = "iso-8859-1"
		}
		m.Segments, value = append(m.Segments, s), append(value, text...)
		which = append(which, rng.IntN(10)%(len(reusedConfigs)+1))
	}
	return m, value, which
}

// reusedLines are lines around midnight.
func reusedLines(rng *rand.Rand, at time.Time) string {
	var b strings.Builder
	one := func(of ...string) string { return of[rng.IntN(len(of))] }
	when := at.Truncate(24 * time.Hour).Add(-time.Minute)
	for range rng.IntN(1 << rng.IntN(10)) {
		when = when.Add(time.Duration(rng.IntN(5)) * time.Second)
		if rng.IntN(30) == 0 {
			when = when.AddDate(0, rng.IntN(5)-2, 0)
		}
		fmt.Fprintf(&b, "%s - - [%s] \"GET %s HTTP/1.1\" %d %d \"-\" \"%s\"\n", one("203.0.113.9", "198.51.100.7", "::1", "x"), when.Format("02/Jan/2006:15:04:05 -0700"),
			one("/", "/other", "/own", "/drop", fmt.Sprintf("/%d", rng.IntN(100)), "/\xe9"), 200+rng.IntN(3), rng.IntN(1<<20),
			one("curl/8.5.0", "-", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", " own "))
	}
	return b.String() + one("", "own", "end\r") + "\n"
}

func compareOutputs(t *testing.T, got, want *refine.Output) {
	t.Helper()
	if len(got.Batches) != len(want.Batches) {
		t.Fatalf("%d batches, want %d", len(got.Batches), len(want.Batches))
	}
	for i := range got.Batches {
		g, w := &got.Batches[i], &want.Batches[i]
		if a, b := plain(t, g), plain(t, w); !bytes.Equal(a, b) || g.App != w.App || g.Events != w.Events || !bytes.Equal(g.Header, w.Header) {
			t.Fatalf("batch %d of %s\ngot  %s\nwant %s", i, g.App, a, b)
		}
		g.Packed.Free() // and is written to again
		if g.Memory != nil {
			g.Memory.Free()
		}
	}
	one, other := *got, *want
	one.Batches, other.Batches = nil, nil
	if diff := cmp.Diff(other, one, cmpopts.EquateEmpty()); diff != "" {
		t.Fatal(diff)
	}
}
