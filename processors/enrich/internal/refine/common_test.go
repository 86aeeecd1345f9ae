package refine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// TestDocumentsAreThoseOfTheirPipeline puts the documents of batches together and
// compares each, byte by byte, with what the pipeline makes of its line alone.
func TestDocumentsAreThoseOfTheirPipeline(t *testing.T) {
	const header = `{"name":"shop-access","app":"shop","paths":["/var/log/shop/*"],"pipeline":`
	for name, steps := range map[string]string{
		"none":                           `[]`,
		"a format":                       `[{"format":"nginx.access"}]`,
		"a field beside a common one":    `[{"set":{"field":"event.kind","value":"x","if":"message contains \"7\""}}]`,
		"another host for some":          `[{"set":{"field":"host.name","value":"other","if":"message contains \"7\""}}]`,
		"another host for all":           `[{"set":{"field":"host.name","value":"other"}}]`,
		"a field behind all common ones": `[{"set":{"field":"service.type","value":"web","if":"message contains \"7\""}}]`,
		"failures and tags":              `[{"dissect":{"pattern":"%{a}7%{b}"}},{"set":{"field":"host.zone","value":"z"}}]`,
	} {
		for _, files := range []int{1, 2, 40} {
			t.Run(fmt.Sprintf("%s, %d files", name, files), func(t *testing.T) {
				config := header + steps + `}`
				m, v := manyFiles(files)
				out := new(refine.Worker).Refine(m, v, each(compile(t, config), m))
				checkAgainstPipeline(t, m, v, config, documents(t, out))
			})
		}
	}
}

// manyFiles is a record of lines that lie in turn in some files, one of which has a
// name that is not UTF-8.
func manyFiles(files int) (*record.Manifest, []byte) {
	var value strings.Builder
	m, _ := raw("")
	for i := range 40 {
		line := fmt.Sprintf("line %d \xff%d\n", i, i%7)
		s := lines(len(line))
		s.Off, s.Path = uint64(value.Len()), fmt.Sprintf("/var/log/shop/%d.log", i%files)
		if i%files == 2 {
			s.Path += "\xff"
		}
		value.WriteString(line)
		if n := len(m.Segments); n > 0 && files == 1 {
			m.Segments[n-1].Len += s.Len
			continue
		}
		m.Segments = append(m.Segments, s)
	}
	return m, []byte(value.String())
}

func checkAgainstPipeline(t *testing.T, m *record.Manifest, value []byte, config string, docs []document) {
	t.Helper()
	rev, stored := canonical(t, config)
	c, _ := collect.Parse("shop-access", stored)
	p, problems := pipeline.Compile(c.Pipeline, "pipeline")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var w record.Walker
	var e record.Raw
	n := 0
	for w.Reset(m, value); w.Next(&e); n++ {
		want, _ := p.NewRunner().Run(nil, &pipeline.Input{
			Message: e.Bytes, At: m.At, Host: m.Host, Path: m.Segments[e.Segment].Path, App: c.App, Env: c.Env,
			Collection: c.Name, Revision: rev.String(), AgentID: m.Writer.ID, Offset: e.Off, Location: time.UTC,
		})
		if n >= len(docs) || docs[n].text != string(want)+"\n" {
			t.Fatalf("document %d of %d\ngot  %swant %s", n, len(docs), docs[n].text, want)
		}
	}
	if n != len(docs) {
		t.Errorf("%d documents of %d lines", len(docs), n)
	}
}

func TestWhatEventsHaveInCommonIsWrittenOnce(t *testing.T) {
	for _, c := range []struct {
		files, bytes int // of each
		runs         int
	}{{1, 50000, 1}, {20, 500, 1}, {2, 10000, 2}} {
		var value strings.Builder
		m, _ := raw("")
		for i := range c.files {
			text := strings.Repeat(accessLine+"\n", c.bytes/len(accessLine))
			s := lines(len(text))
			s.Src[0], s.Path = byte(i), fmt.Sprintf("/var/log/shop/%d.log", i)
			m.Segments = append(m.Segments, s)
			value.WriteString(text)
		}
		out := new(refine.Worker).Refine(m, []byte(value.String()), each(compile(t, shop), m))
		if len(out.Batches) != 1 {
			t.Fatalf("%d batches", len(out.Batches))
		}
		b := &out.Batches[0]
		var manifest batch.Manifest
		if err := batch.Decode(b.Header, &manifest); err != nil {
			t.Fatal(err)
		}
		if len(manifest.Runs) != c.runs || bytes.Count(plain(t, b), []byte(`"agent":{`)) != c.runs {
			t.Errorf("%d files of %d bytes: %d runs, want %d", c.files, c.bytes, len(manifest.Runs), c.runs)
		}
	}
}

func TestEveryPartOfASplitBatchCanBeReadAlone(t *testing.T) {
	value := strings.Repeat(strings.Repeat(`"`, 999)+"\n", 250)
	m, v := raw(value, lines(len(value)))
	out := new(refine.Worker).Refine(m, v, each(compile(t, `{"name":"c","app":"x","paths":["/a"],"pipeline":[]}`), m))
	if len(out.Batches) < 2 {
		t.Fatalf("%d batches", len(out.Batches))
	}
	for i := range out.Batches {
		first, _, _ := bytes.Cut(plain(t, &out.Batches[i]), []byte{'\n'})
		var common struct {
			Agent struct{ ID string }
		}
		if err := json.Unmarshal(first, &common); err != nil || common.Agent.ID != writer.ID {
			t.Errorf("part %d begins with %.100s, %v", i, first, err)
		}
	}
}
