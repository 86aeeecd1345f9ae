package refine_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

const accessLine = `203.0.113.9 - - [21/Nov/2026:23:59:58 +0000] "GET /cart?id=7 HTTP/1.1" 200 512 "-" "curl/8.5.0"`

func TestALineBecomesADocument(t *testing.T) {
	value := accessLine + "\n"
	m, v := raw(value, lines(len(value)))
	found := compile(t, shop)
	out := new(refine.Worker).Refine(m, v, each(found, m))

	rev, _ := canonical(t, shop)
	docs := documents(t, out)
	if len(docs) != 1 {
		t.Fatalf("%d documents", len(docs))
	}
	got := docs[0]
	if got.id != id(100, accessLine) || got.app != "shop" || got.index != "logs-shop-prod-2026.11.21" {
		t.Errorf("id %s, app %s, index %s", got.id, got.app, got.index)
	}
	for path, want := range map[string]any{
		"@timestamp": "2026-11-21T23:59:58.000Z", "host.name": host, "log.file.path": "/var/log/shop/a.log", "log.offset": 100.0,
		"service.name": "shop", "service.environment": "prod", "agent.id": "agent-1", "source.ip": "203.0.113.9",
		"http.response.status_code": 200.0, "millrace.collection": "shop-access", "millrace.revision": rev.String(),
	} {
		if have := field(got.event, path); have != want {
			t.Errorf("%s is %v, want %v", path, have, want)
		}
	}
	want := refine.Tally{In: 1, Out: 1, InBytes: len(value)}
	if diff := cmp.Diff(want, out.Tally); diff != "" {
		t.Error(diff)
	}
	apps := []refine.AppCounts{{App: "shop", Counts: hosts.Counts{Lines: 1, Bytes: uint64(len(value))}}}
	if diff := cmp.Diff(apps, out.Apps); diff != "" {
		t.Error(diff)
	}
	if len(out.Letters) > 0 {
		t.Errorf("letters: %+v", out.Letters)
	}
}

func field(event map[string]any, path string) any {
	var v any = event
	for part := range strings.SplitSeq(path, ".") {
		object, _ := v.(map[string]any)
		v = object[part]
	}
	return v
}

func TestEachSegmentGoesThroughItsOwnRevision(t *testing.T) {
	plain := compile(t, `{"name":"shop-access","app":"shop","paths":["/a"],"period":"month","retention_days":30,"pipeline":[]}`)
	auth := compile(t, `{"name":"auth","app":"auth","env":"test","paths":["/b"],"pipeline":[]}`)
	value := accessLine + "\n" + accessLine + "\nlogin\n"
	n := len(accessLine) + 1
	m, v := raw(value, lines(n), lines(n), lines(6))
	m.Segments[1].Off = 100 + uint64(n)
	out := new(refine.Worker).Refine(m, v, []refine.Found{compile(t, shop), plain, auth})

	var got []string
	for _, d := range documents(t, out) {
		got = append(got, fmt.Sprint(d.app, " ", d.index, " ", d.days, " ", field(d.event, "source.ip")))
	}
	want := []string{
		"shop logs-shop-prod-2026.11.21 7 203.0.113.9",
		"shop logs-shop-prod-2026.11 30 <nil>",
		"auth logs-auth-test-2026.11.22 7 <nil>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestACollectionCanKeepEveryLine(t *testing.T) {
	keep := compile(t, `{"name":"shop-access","app":"shop","paths":["/a"],"keep_original":true,"pipeline":[{"format":"nginx.access"}]}`)
	value := accessLine + "\n" + accessLine + "\n"
	n := len(accessLine) + 1
	m, v := raw(value, lines(n), lines(n))
	out := new(refine.Worker).Refine(m, v, []refine.Found{keep, compile(t, shop)})
	docs := documents(t, out)
	if len(docs) != 2 || field(docs[0].event, "event.original") != accessLine || field(docs[1].event, "event.original") != nil {
		t.Errorf("documents: %+v", docs)
	}
}

func TestStrangeLines(t *testing.T) {
	plain := compile(t, `{"name":"c","app":"shop","paths":["/a"],"pipeline":[]}`)
	for name, test := range map[string]struct {
		value    string
		messages []string
	}{
		"an empty line is an event":                    {"\n\r\n", []string{"", ""}},
		"a line without an end is an event":            {"a\nb", []string{"a", "b"}},
		"a line of NULs is kept":                       {"\x00\x00\n", []string{"\x00\x00"}},
		"invalid UTF-8 is replaced":                    {"a\xffb\n", []string{"a\ufffdb"}},
		"a line that looks like JSON stays what it is": {`{"a":"b"}` + "\n", []string{`{"a":"b"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			m, v := raw(test.value, lines(len(test.value)))
			var got []string
			for _, d := range documents(t, new(refine.Worker).Refine(m, v, each(plain, m))) {
				message, _ := d.event["message"].(string)
				got = append(got, message)
			}
			if diff := cmp.Diff(test.messages, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAThousandLinesOfOneByte(t *testing.T) {
	value := strings.Repeat("x\n", 1000)
	m, v := raw(value, lines(len(value)))
	out := new(refine.Worker).Refine(m, v, each(compile(t, shop), m))
	docs := documents(t, out)
	seen := map[string]bool{}
	for _, d := range docs {
		seen[d.id] = true
	}
	if len(docs) != 1000 || len(seen) != 1000 || out.Tally.Failed != 1000 {
		t.Errorf("%d documents, %d ids, %d failures", len(docs), len(seen), out.Tally.Failed)
	}
	if n := len(out.Batches); n < 1 || n > 3 {
		t.Errorf("%d batches", n)
	}
}

func TestDroppedEventsAreCounted(t *testing.T) {
	f := compile(t, `{"name":"c","app":"shop","paths":["/a"],"pipeline":[{"drop":{}}]}`)
	m, v := raw("a\nb\n", lines(4))
	out := new(refine.Worker).Refine(m, v, each(f, m))
	if diff := cmp.Diff(&refine.Output{Tally: refine.Tally{In: 2, Dropped: 2, InBytes: 4}, Pipelines: []refine.PipelineCounts{{Collection: "c", Lines: 2}}}, out); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsMissingIsToldInTheApp(t *testing.T) {
	drops := `{"name":"shop-access","app":"shop","env":"test","paths":["/a"],"select":{"hosts":["web-*"]},"retention_days":30,"pipeline":[{"drop":{}}]}`
	rev, _ := canonical(t, drops)
	gap := record.Segment{Kind: record.Gap, Src: src, Gen: 1, Off: 100, Len: 4096, Path: "/var/log/shop/a\xff.log", Reason: "truncated before it was read"}
	skipped := record.Segment{Kind: record.Skipped, Src: src, Gen: 1, Off: 4196, Len: 10, Count: 3, Path: "/var/log/shop/b.log", Reason: "limits"}
	hole := record.Segment{Kind: record.Skipped, Src: src, Gen: 1, Off: 4206, Len: 7, Path: "/var/log/shop/b.log", Reason: "NULs"}
	unknown := record.Segment{Kind: record.Gap, Src: src, Gen: 1, Off: 4213, Path: "/var/log/shop/b.gz", Reason: "corrupt"}
	m, v := raw("line\n", gap, skipped, lines(5), hole, unknown)
	out := new(refine.Worker).Refine(m, v, each(compile(t, drops), m))

	type told struct{ id, message, action, path string }
	var got []told
	for _, d := range documents(t, out) {
		text := func(path string) string { s, _ := field(d.event, path).(string); return s }
		got = append(got, told{d.id, text("message"), text("event.action"), text("log.file.path")})
		for path, want := range map[string]any{
			"@timestamp": "2026-11-22T10:00:00.000Z", "event.kind": "event", "host.name": host, "agent.id": "agent-1", "service.name": "shop",
			"service.environment": "test", "millrace.collection": "shop-access", "millrace.revision": rev.String(),
		} {
			if have := field(d.event, path); have != want {
				t.Errorf("%s is %v, want %v", path, have, want)
			}
		}
		if d.app != "shop" || d.index != "logs-shop-test-2026.11.22" || d.days != 30 {
			t.Errorf("%s, %s, %d days", d.app, d.index, d.days)
		}
	}
	want := []told{
		{id(100, "gap truncated before it was read"), "4096 bytes are lost here: truncated before it was read", refine.ActionLost, "/var/log/shop/a\ufffd.log"},
		{id(4196, "skipped limits"), "3 lines of 10 bytes are left out here: limits", refine.ActionSkipped, "/var/log/shop/b.log"},
		{id(4206, "skipped NULs"), "7 bytes are left out here: NULs", refine.ActionSkipped, "/var/log/shop/b.log"},
		{id(4213, "gap corrupt"), "lines are lost here, nobody knows how many: corrupt", refine.ActionLost, "/var/log/shop/b.gz"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(told{})); diff != "" {
		t.Error(diff)
	}
	tally := refine.Tally{In: 1, Dropped: 1, InBytes: 5, Gaps: 2, GapBytes: 4096, SkippedLines: 3, Told: 4}
	if diff := cmp.Diff(tally, out.Tally); diff != "" || len(out.Apps) > 0 {
		t.Errorf("%s; what is missing counts as lines: %+v", diff, out.Apps)
	}
	again := new(refine.Worker).Refine(m, v, each(compile(t, drops), m))
	if diff := cmp.Diff(out.Batches, again.Batches, cmpopts.IgnoreUnexported(packed.Text{}), cmpopts.IgnoreFields(refine.Batch{}, "Memory")); diff != "" {
		t.Errorf("the same record tells something else: %s", diff)
	}
	elsewhere := compile(t, `{"name":"db","app":"db","select":{"hosts":["db-*"]},"paths":["/a"],"pipeline":[]}`)
	m, v = raw("", gap)
	if out := new(refine.Worker).Refine(m, v, each(elsewhere, m)); len(out.Batches) > 0 {
		t.Error("a host writes to an app of a collection that is not for it")
	}
}

func TestRangesWithoutBytesAreCounted(t *testing.T) {
	m, v := raw("", record.Segment{Kind: record.Gap, Off: 1, Len: 4096, Reason: "rotated away"}, record.Segment{Kind: record.Skipped, Len: 10, Count: 3, Reason: "rate"})
	out := new(refine.Worker).Refine(m, v, make([]refine.Found, 2))
	if diff := cmp.Diff(refine.Tally{Gaps: 1, GapBytes: 4096, SkippedLines: 3}, out.Tally); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedSegmentsAreBuriedAlone(t *testing.T) {
	good := compile(t, shop)
	for name, test := range map[string]struct {
		bad    refine.Found
		change func(*record.Segment)
		reason string
	}{
		"of an unknown revision":             {bad: refine.Found{Refusal: &refine.Refusal{Reason: refine.ReasonUnknown, Cause: "?"}}, reason: "unknown_revision"},
		"of a revision that spares the host": {bad: compile(t, `{"name":"db","app":"db","select":{"hosts":["db-*"]},"paths":["/a"],"pipeline":[]}`), reason: "host_not_covered"},
		"in an encoding that is not known":   {bad: good, change: func(s *record.Segment) { s.Charset = "ebcdic" }, reason: "charset"},
	} {
		t.Run(name, func(t *testing.T) {
			value := "one\nbad\nworse\ntwo\n"
			m, v := raw(value, lines(4), lines(10), lines(4))
			m.Segments[1].Off, m.Segments[2].Off = 104, 114
			if test.change != nil {
				test.change(&m.Segments[1])
			}
			out := new(refine.Worker).Refine(m, v, []refine.Found{good, test.bad, good})
			if n := len(documents(t, out)); n != 2 {
				t.Errorf("%d documents", n)
			}
			want := map[string][]string{test.reason: {id(104, "bad"), id(108, "worse")}}
			if diff := cmp.Diff(want, buried(t, out)); diff != "" {
				t.Error(diff)
			}
			if len(out.Letters) != 1 || string(out.Letters[0].Value) != "bad\nworse\n" {
				t.Errorf("letters: %+v", out.Letters)
			}
			if diff := cmp.Diff(refine.Tally{In: 4, Out: 2, Dead: 2, Failed: 2, InBytes: len(value)}, out.Tally); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALongLineTravelsInParts(t *testing.T) {
	const chunk = 250_000
	line := strings.Repeat("0123456789", 500_000) // 5 MB
	var out []document
	w := new(refine.Worker)
	for part := 0; part*chunk < len(line); part++ {
		piece := line[part*chunk : min(len(line), (part+1)*chunk)]
		s := lines(len(piece))
		s.Off, s.Part, s.LastPart = uint64(part*chunk), uint32(part+1), (part+1)*chunk >= len(line)
		m, v := raw(piece, s)
		out = append(out, documents(t, w.Refine(m, v, each(compile(t, shop), m)))...)
	}
	var whole strings.Builder
	seen := map[string]bool{}
	for i, d := range out {
		message, _ := d.event["message"].(string)
		whole.WriteString(message)
		seen[d.id] = true
		if field(d.event, "log.part.index") != float64(i+1) || field(d.event, "log.part.last") != (i == len(out)-1) {
			t.Errorf("part %d: %v", i+1, field(d.event, "log.part"))
		}
	}
	if whole.String() != line || len(seen) != 20 {
		t.Errorf("%d bytes and %d ids came out of %d bytes", whole.Len(), len(seen), len(line))
	}
}

// The id is that of the whole line, however much of it the pipeline could keep.
func TestALineThatGrowsSixfoldStillFits(t *testing.T) {
	value := strings.Repeat("\x00", 200_000)
	for name, part := range map[string]uint32{"whole": 0, "as a part": 2} {
		t.Run(name, func(t *testing.T) {
			s := lines(len(value))
			s.Part = part
			m, v := raw("ok\n"+value, lines(3), s)
			out := new(refine.Worker).Refine(m, v, each(compile(t, shop), m))
			docs := documents(t, out)
			if len(docs) != 2 || docs[1].id != id(100, value) || len(out.Letters) > 0 {
				t.Fatalf("%d documents, %+v", len(docs), out.Tally)
			}
			if message, _ := docs[1].event["message"].(string); len(message) < 64<<10 {
				t.Errorf("only %d bytes of the line are kept", len(message))
			}
		})
	}
}

func TestAPathThatFitsNowhereIsBuried(t *testing.T) {
	m, v := raw("a\nb\n", lines(2), lines(2))
	m.Segments[1].Off = 102
	m.Segments[1].Path = strings.Repeat("\x00", 100_000)
	out := new(refine.Worker).Refine(m, v, each(compile(t, shop), m))
	if len(documents(t, out)) != 1 {
		t.Errorf("%+v", out.Tally)
	}
	if diff := cmp.Diff(map[string][]string{"too_large": {id(102, "b")}}, buried(t, out)); diff != "" {
		t.Error(diff)
	}
}

// A raw record of quotes doubles on its way to JSON, twice with its original.
func TestAFullRecordSplitsIntoParts(t *testing.T) {
	line := strings.Repeat(`"`, 999) + "\n"
	value := strings.Repeat(line, 250)
	m, v := raw(value, lines(len(value)))
	out := new(refine.Worker).Refine(m, v, each(compile(t, shop), m))
	if n := len(documents(t, out)); n != 250 || len(out.Batches) < 2 {
		t.Errorf("%d documents in %d batches", n, len(out.Batches))
	}
}

func TestRefiningAgainGivesTheSameBytes(t *testing.T) {
	value := strings.Repeat(accessLine+"\nnot an access line\n", 300)
	m, v := raw(value, lines(len(value)))
	found := each(compile(t, shop), m)
	used := new(refine.Worker)
	first := *used.Refine(m, v, found)
	first.Batches, first.Apps, first.Pipelines, first.Failing = slices.Clone(first.Batches), slices.Clone(first.Apps), slices.Clone(first.Pipelines), slices.Clone(first.Failing)
	other, o := raw("something\nelse\n", lines(15))
	used.Refine(other, o, each(compile(t, `{"name":"c","app":"x","paths":["/a"],"pipeline":[]}`), other))
	for name, again := range map[string]*refine.Output{"the same worker": used.Refine(m, v, found), "a new one": new(refine.Worker).Refine(m, v, found)} {
		if diff := cmp.Diff(&first, again, cmpopts.IgnoreUnexported(packed.Text{}), cmpopts.IgnoreFields(refine.Batch{}, "Memory"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNewRevisionRefuses(t *testing.T) {
	rev, config := canonical(t, shop)
	for name, test := range map[string]struct {
		id     revision.ID
		config []byte
		cause  string
	}{
		"a config that is not the revision's": {revision.ID{1}, config, "is that of " + rev.String()},
		"what is no JSON":                     {revision.Of([]byte("{")), []byte("{"), "unexpected end"},
		"a key from the future":               asIs(`{"name":"c","app":"a","paths":["/a"],"shards":3}`, "shards"),
		"a step from the future":              asIs(`{"name":"c","app":"a","paths":["/a"],"pipeline":[{"teleport":{}}]}`, "pipeline[0].teleport"),
	} {
		t.Run(name, func(t *testing.T) {
			got, refusal := refine.NewRevision(test.id, test.config)
			if got != nil || refusal == nil || refusal.Reason != refine.ReasonRevision || !strings.Contains(refusal.Cause, test.cause) {
				t.Errorf("%v, %+v; want …%s…", got, refusal, test.cause)
			}
		})
	}
}

func asIs(config, cause string) (test struct {
	id     revision.ID
	config []byte
	cause  string
},
) {
	test.id, test.config, test.cause = revision.Of([]byte(config)), []byte(config), cause
	return test
}

// checkOutcome holds for every record whatever is in it: each event ends in one
// place, with the id that walking the record gives it.
func checkOutcome(tb testing.TB, m *record.Manifest, value []byte, out *refine.Output) {
	tb.Helper()
	t := out.Tally
	if t.In != t.Out+t.Dropped+t.Dead {
		tb.Fatalf("%+v does not add up", t)
	}
	want := walk(m, value)
	var got []string
	for _, d := range documents(tb, out) {
		got = append(got, d.id)
	}
	for _, ids := range buried(tb, out) {
		got = append(got, ids...)
	}
	slices.Sort(want)
	slices.Sort(got)
	if t.In != len(want) || t.Dropped == 0 && !slices.Equal(got, want) {
		tb.Fatalf("%d events went in, %d came out with these ids:\n%v\nwant\n%v", len(want), len(got), got, want)
	}
}

// Random records with everything in them that manifests can say.
func TestEveryEventEndsInOnePlace(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	good, dead := compile(t, shop), refine.Found{Refusal: &refine.Refusal{Reason: refine.ReasonUnknown, Cause: "?"}}
	w := new(refine.Worker)
	for range 500 {
		m, v, found := randomRecord(rng, good, dead)
		if err := m.Check(len(v)); err != nil {
			t.Fatal(err)
		}
		checkOutcome(t, m, v, w.Refine(m, v, found))
	}
}

func randomRecord(rng *rand.Rand, good, dead refine.Found) (*record.Manifest, []byte, []refine.Found) {
	var value []byte
	var segments []record.Segment
	var found []refine.Found
	off := uint64(0)
	n := 1 + rng.IntN(6)
	for i := range n {
		var body []byte
		for range rng.IntN(5) {
			body = append(body, bytes.Repeat([]byte{'a' + byte(rng.IntN(3))}, rng.IntN(4))...)
			body = append(body, "\r\n"[rng.IntN(2):]...)
		}
		if len(body) == 0 {
			body = []byte("x")
		}
		s := record.Segment{Kind: record.Bytes, Src: src, Gen: 1, Off: off, Len: uint64(len(body)), Path: "/a"}
		switch rng.IntN(4) {
		case 0:
			s.Part, s.LastPart = 1+uint32(rng.IntN(2)), rng.IntN(2) == 0
		case 1:
			s.Events = randomEvents(rng, len(body))
		}
		s.Joined = i+1 < n && rng.IntN(2) == 0
		off += s.Len + uint64(rng.IntN(3))
		value, segments = append(value, body...), append(segments, s)
		found = append(found, []refine.Found{good, dead}[rng.IntN(2)])
	}
	m, v := raw(string(value), segments...)
	return m, v, found
}

// randomEvents cuts a segment into spans and deals them out to events.
func randomEvents(rng *rand.Rand, n int) []record.Event {
	events := make([]record.Event, 1+rng.IntN(3))
	for at := 0; at < n; {
		size := 1 + rng.IntN(n-at)
		i := rng.IntN(len(events))
		events[i] = append(events[i], record.Span{Off: uint32(at), Len: uint32(size)})
		at += size
	}
	return slices.DeleteFunc(events, func(e record.Event) bool { return len(e) == 0 })
}

func FuzzRefine(f *testing.F) {
	var e record.Encoder
	m, v := raw("a\nb\n", lines(4))
	f.Add(e.Append(nil, m), v)
	m.Segments[0].Events = []record.Event{{{Off: 0, Len: 1}, {Off: 2, Len: 1}}}
	f.Add(e.Append(nil, m), v)
	good := compile(f, shop)
	dead := refine.Found{Refusal: &refine.Refusal{Reason: refine.ReasonUnknown, Cause: "?"}}
	f.Fuzz(func(t *testing.T, header, value []byte) {
		m, _, err := record.Decode(header)
		if err != nil {
			return
		}
		// Make it pass Open, so that the walk is reached.
		m.Host, m.Writer, m.Seq, m.At = host, writer, 5, readAt
		header = e.Append(nil, m)
		place := refine.Place{Key: host, Partitions: 1}
		m, refusal := new(refine.Worker).Open(place, header, true, value)
		if refusal != nil {
			return
		}
		found := make([]refine.Found, len(m.Segments))
		for i := range found {
			found[i] = []refine.Found{good, dead}[m.Segments[i].Rev[0]&1]
		}
		checkOutcome(t, m, value, new(refine.Worker).Refine(m, value, found))
	})
}
