package refine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// aloneConfigs cut fields from messages and write messages anew, say where events go, and fail.
var aloneConfigs = []string{
	reusedConfigs[0], reusedConfigs[1], reusedConfigs[2],
	`{"name":"lower","app":"shop","keep_original":true,"paths":["/a"],"pipeline":[{"lowercase":{"field":"message"}},{"dissect":{"pattern":"%{a} %{b} %{c}","ignore_failure":true}},` +
		`{"uppercase":{"field":"b","ignore_missing":true}}]}`,
	`{"name":"sub","app":"big","env":"test","paths":["/a"],"pipeline":[{"gsub":{"field":"message","pattern":"o","replacement":"\"o\\"}},{"split":{"field":"message","separator":" ","target_field":"words"}},` +
		`{"set":{"field":"labels.where","value":"{{{host.name}}} {{{log.file.path}}}"}}]}`,
	`{"name":"trim","app":"shop","timezone":"Asia/Tokyo","paths":["/a"],"pipeline":[{"trim":{"field":"message"}},{"grok":{"field":"message","patterns":["^%{NOTSPACE:x} %{GREEDYDATA:y}$"],"ignore_failure":true}},` +
		`{"remove":{"field":"message","if":"message contains \"own\""}}]}`,
	`{"name":"auto","app":"third","paths":["/a"],"pipeline":[{"format":{"name":"auto","ignore_failure":true}},{"append":{"field":"tags","value":"seen"}}]}`,
}

// collection is a config that is compiled twice: for records, and for their lines.
type collection struct {
	*collect.Collection
	found    refine.Found
	revision string
	pipeline *pipeline.Pipeline
	location *time.Location
}

func compileCollections(t *testing.T) (all []collection) {
	t.Helper()
	for _, config := range aloneConfigs {
		id, stored := canonical(t, config)
		name, _, _ := strings.Cut(strings.TrimPrefix(config, `{"name":"`), `"`)
		c, _ := collect.Parse(name, stored)
		p, problems := pipeline.Compile(c.Pipeline, "pipeline")
		location, err := time.LoadLocation(c.Timezone)
		if len(problems) > 0 || err != nil {
			t.Fatal(problems, err)
		}
		all = append(all, collection{c, compile(t, config), id.String(), p, location})
	}
	return all
}

// TestEveryDocumentIsWhatItsLineMakesAlone gives records of many hosts, files and collections to one worker, and compares
// each document with what a new runner makes of its line. Small records are written plain, and large ones packed.
func TestEveryDocumentIsWhatItsLineMakesAlone(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	checkAlone(t, seed, 10)
}

func checkAlone(t *testing.T, seed uint64, records int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	all, worker := compileCollections(t), &refine.Worker{}
	for range records {
		m, value, which := aloneRecord(rng, all)
		place := refine.Place{Key: m.Host, Partition: topic.Partition([]byte(m.Host), 4), Partitions: 4}
		opened, refusal := worker.Open(place, new(record.Encoder).Append(nil, m), true, value)
		if refusal != nil {
			t.Fatalf("%+v", refusal)
		}
		found := make([]refine.Found, len(which))
		for i, c := range which {
			found[i] = all[c].found
		}
		want := map[string]string{}
		var walk record.Walker
		var raw record.Raw
		for walk.Reset(m, value); walk.Next(&raw); {
			s := &m.Segments[raw.Segment]
			id := record.NewEventID(s.Src, s.Gen, raw.Off, raw.Bytes).String()
			if doc := alone(&all[which[raw.Segment]], m, s, &raw); doc != "" {
				want[id] = doc
			}
		}
		out := worker.Refine(opened, value, found)
		if diff := cmp.Diff(want, documentsByID(t, out)); diff != "" {
			t.Fatal(diff)
		}
		for i := range out.Batches {
			out.Batches[i].Packed.Free() // and is written to again
			if out.Batches[i].Memory != nil {
				out.Batches[i].Memory.Free()
			}
		}
	}
}

// alone is the index and the document of one line; empty if it is dropped.
func alone(c *collection, m *record.Manifest, s *record.Segment, raw *record.Raw) string {
	in := pipeline.Input{
		Message: raw.Bytes, At: m.At, Host: m.Host, Path: s.Path, App: c.App, Env: c.Env, Collection: c.Name, Revision: c.revision,
		AgentID: m.Writer.ID, Offset: raw.Off, Location: c.location, KeepOriginal: c.KeepOriginal, Part: int(s.Part), LastPart: s.LastPart,
	}
	if s.Charset != "" {
		var text []rune
		for _, b := range raw.Bytes {
			text = append(text, rune(b))
		}
		in.Message = []byte(string(text))
	}
	doc, result := c.pipeline.NewRunner().Run(nil, &in)
	if result.Outcome != pipeline.Index {
		return ""
	}
	return index.Name(result.App, c.Env, c.Period, index.Clamp(result.Time, m.At, c.RetentionTime())) + " " + string(doc) + "\n"
}

// documentsByID are the indices and documents of a record.
func documentsByID(t *testing.T, out *refine.Output) map[string]string {
	t.Helper()
	got := map[string]string{}
	for i := range out.Batches {
		b := &out.Batches[i]
		for _, d := range unpack(t, b.App, plain(t, b), manifestOf(t, b)) {
			if got[d.id] != "" {
				t.Errorf("%s is there twice", d.id)
			}
			got[d.id] = d.index + " " + d.text
		}
	}
	return got
}

// aloneRecord is a record of some files, and which collection each of its segments is of.
func aloneRecord(rng *rand.Rand, all []collection) (m *record.Manifest, value []byte, which []int) {
	m, _ = raw("")
	m.Host, m.At = fmt.Sprintf("web-%d", rng.IntN(3)), readAt.Add(time.Duration(rng.IntN(40))*time.Hour+time.Duration(rng.IntN(2)*rng.IntN(1e9)))
	m.Writer.ID = []string{"agent-1", "agent-2", "a\xff"}[rng.IntN(3)]
	c := rng.IntN(len(all))
	for n := range uint64(1 + rng.IntN(1+rng.IntN(30))) {
		if rng.IntN(3) == 0 {
			c = rng.IntN(len(all))
		}
		text := reusedLines(rng, m.At)
		if rng.IntN(3) == 0 {
			text = strangeLines(rng)
		}
		if len(value)+len(text) > 200<<10 {
			break
		}
		s := lines(len(text))
		s.Src[0], s.Src[1], s.Off, s.Path = byte(n), byte(c), uint64(rng.IntN(1<<rng.IntN(38))), fmt.Sprintf("/var/log/shop/%d.log", rng.IntN(4))
		switch rng.IntN(14) {
		case 0:
			s.Part, s.LastPart = 1+uint32(rng.IntN(2)), rng.IntN(2) == 0
		case 1, 2:
			s.Charset = "iso-8859-1"
		case 3:
			s.Path += "\xff"
		case 4:
			s.Path = "/var/log/pods/shop_web-1_0a1b2c3d-0000-0000-0000-000000000000/nginx/2.log"
		}
		m.Segments, value, which = append(m.Segments, s), append(value, text...), append(which, c)
	}
	return m, value, which
}

// strangeLines are lines of what is escaped, wide or no text at all.
func strangeLines(rng *rand.Rand) string {
	pieces := []string{"word", " ", " ", "own", `"`, `\`, `\"`, "\t", "\x01", "é", "世界", "\xff", "\xe4\xb8", "k=v", `{"a":"b\n"}`, "0123456789abcdef0123456789abcdef", "Mixed CASE"}
	var b strings.Builder
	for range rng.IntN(40) {
		for range rng.IntN(1 + rng.IntN(40)) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		b.WriteByte('\n')
	}
	return b.String() + "end\n"
}

func manifestOf(t *testing.T, b *refine.Batch) *batch.Manifest {
	t.Helper()
	m := &batch.Manifest{}
	if err := batch.Decode(b.Header, m); err != nil {
		t.Fatal(err)
	}
	return m
}
