package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/internal/packed/packedtest"
	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/geo/geotest"
)

// reusedSteps are what pipelines are put together from: steps that give answers, those that read, move, cover and remove what
// answers, formats and the record have said, and those that fail.
var reusedSteps = []string{
	`{"format":"nginx.access"}`, `{"format":"nginx.access"}`, `{"format":"auto"}`, `{"format":"json"}`, `{"format":{"name":"nginx.access","ignore_failure":true}}`,
	`{"format":"apache.access"}`, `{"format":"syslog"}`,
	`{"user_agent":{"field":"user_agent.original","ignore_missing":true}}`,
	`{"user_agent":{"field":"user_agent.original","target_field":"source.geo","extract_device_type":true,"ignore_failure":true}}`,
	`{"user_agent":{"field":"user_agent.original","target_field":"client","properties":["name","version"],"ignore_missing":true}}`,
	`{"geoip":{"field":"source.ip","target_field":"source.geo","ignore_missing":true}}`,
	`{"geoip":{"field":"source.ip","target_field":"client.geo","ignore_failure":true,"properties":["ip","network","city_name","asn","location"]}}`,
	`{"geoip":{"field":"source.address","target_field":"user_agent","ignore_failure":true}}`,
	`{"geoip":{"field":"source.ip","database_file":"none.mmdb","ignore_failure":true}}`,
	`{"geoip":{"field":"source.ip","target_field":"service.geo","ignore_failure":true}}`,
	`{"lookup":{"table":"teams","field":"user.name","target_field":"labels","ignore_missing":true,"ignore_failure":true}}`,
	`{"set":{"field":"host.name","value":"own","if":"message contains \"own\""}}`,
	`{"set":{"field":"source.geo","value":"a leaf"}}`,
	`{"set":{"field":"source.geo.city_name","value":"{{{user_agent.name}}} {{{log.offset}}}"}}`,
	`{"set":{"field":"user_agent.os.name","copy_from":"url.path","ignore_failure":true}}`,
	`{"set":{"field":"user_agent.version","value":7,"if":"http.response.status_code >= 500"}}`,
	`{"set":{"field":"labels.copy","copy_from":"user_agent.os.full","ignore_failure":true}}`,
	`{"set":{"field":"url.path","value":"before"}}`,
	`{"remove":{"field":"source.geo.country_name","ignore_missing":true}}`,
	`{"remove":{"field":["user_agent","message"],"ignore_missing":true}}`,
	`{"remove":{"field":"source","ignore_missing":true,"if":"message contains \"own\""}}`,
	`{"remove":{"field":["host.name","event.kind"],"ignore_missing":true,"ignore_failure":true}}`,
	`{"rename":{"field":"user_agent.name","target_field":"labels.browser","ignore_missing":true,"ignore_failure":true}}`,
	`{"rename":{"field":"source.geo","target_field":"labels.geo","ignore_missing":true,"ignore_failure":true}}`,
	`{"rename":{"field":"message","target_field":"labels.line","ignore_failure":true}}`,
	`{"foreach":{"field":"source.geo","processor":{"uppercase":{"field":"_ingest._value","ignore_failure":true}},"ignore_failure":true}}`,
	`{"foreach":{"field":"user_agent","processor":{"set":{"field":"labels.last","value":"{{{_ingest._key}}}"}},"ignore_missing":true}}`,
	`{"foreach":{"field":"ips","processor":{"geoip":{"field":"_ingest._value","target_field":"_ingest._value.geo","ignore_failure":true}},"ignore_failure":true}}`,
	`{"foreach":{"field":"ips","processor":{"format":{"name":"nginx.access"}},"ignore_missing":true}}`,
	`{"foreach":{"field":"ips","processor":{"uppercase":{"field":"nothing"}},"ignore_missing":true}}`,
	`{"append":{"field":"tags","value":"more"}}`,
	`{"append":{"field":"user_agent.name","value":"more"}}`,
	`{"uppercase":{"field":"user_agent.name","ignore_missing":true,"ignore_failure":true}}`,
	`{"reroute":{"dataset":"other","if":"message contains \"7\""}}`,
	`{"drop":{"if":"message contains \"drop\""}}`,
	`{"convert":{"field":"url.query","type":"integer","ignore_missing":true,"on_failure":[{"set":{"field":"error.code","value":"{{{_ingest.on_failure_message}}}"}},{"remove":{"field":"url.query"}}]}}`,
	`{"date":{"field":"url.query","formats":["ISO8601"],"tag":"dated","if":"url.query contains \"2\""}}`,
	`{"kv":{"field":"url.query","field_split":"&","value_split":"=","target_field":"args","ignore_failure":true}}`,
	`{"uri_parts":{"field":"url.original","ignore_failure":true}}`,
	`{"dissect":{"field":"message","pattern":"%{d.a} %{d.b} %{d.c}","ignore_failure":true}}`, // parts of a message that is written anew, and of the new one
	`{"grok":{"field":"message","patterns":["%{NOTSPACE:g.a} %{GREEDYDATA:g.b}"],"ignore_failure":true}}`,
	`{"lowercase":{"field":"message","ignore_missing":true,"ignore_failure":true}}`,
	`{"lowercase":{"field":"d.b","ignore_missing":true,"ignore_failure":true}}`,
	`{"uppercase":{"field":"url.path","ignore_missing":true,"ignore_failure":true}}`,
	`{"trim":{"field":"message","ignore_missing":true,"ignore_failure":true}}`,
	`{"gsub":{"field":"message","pattern":"[a-f ]","replacement":"\"","ignore_missing":true,"ignore_failure":true}}`,
	`{"gsub":{"field":"user_agent.original","pattern":"5","replacement":"\\é","ignore_missing":true,"ignore_failure":true}}`,
	`{"split":{"field":"message","separator":" ","target_field":"words","ignore_missing":true,"ignore_failure":true}}`,
	`{"set":{"field":"message","value":"{{{url.path}}} and {{{source.ip}}}"}}`,
	`{"set":{"field":"message","copy_from":"url.path","ignore_failure":true}}`,
	`{"set":{"field":"labels.before","copy_from":"message","ignore_failure":true}}`,
	`{"urldecode":{"field":"url.path","ignore_missing":true,"ignore_failure":true}}`,
	`{"redact":{"field":"message","patterns":["%{IP:client}"],"ignore_missing":true,"ignore_failure":true}}`,
	`{"csv":{"field":"message","target_fields":["c.a","c.b"],"separator":" ","ignore_missing":true,"ignore_failure":true}}`,
}

// TestWhatARunnerHasSeenChangesNoDocument runs lines of many files through runners that are new for each line, and through
// one that has seen all before; the documents and results must be the same.
func TestWhatARunnerHasSeenChangesNoDocument(t *testing.T) {
	data := newTestData(t)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		t.Run(fmt.Sprint(seed), func(t *testing.T) { checkReuse(t, r, someSteps(r), data) })
	}
}

// usualSteps are those that most pipelines of access lines begin with.
var usualSteps = []string{
	`{"format":{"name":"nginx.access","ignore_failure":true}}`,
	`{"user_agent":{"field":"user_agent.original","ignore_missing":true,"ignore_failure":true}}`,
	`{"geoip":{"field":"source.ip","target_field":"source.geo","ignore_missing":true,"ignore_failure":true}}`,
}

// someSteps puts a pipeline together that compiles: what geoip finds must decide neither time nor app.
func someSteps(r *rand.Rand) string {
	for {
		steps := make([]string, 1+r.IntN(9))
		for i := range steps {
			steps[i] = reusedSteps[r.IntN(len(reusedSteps))]
		}
		if r.IntN(3) > 0 { // mostly with answers
			steps = append(slices.Clone(usualSteps[:1+r.IntN(len(usualSteps))]), steps...)
		}
		all := "[" + strings.Join(steps, ",") + "]"
		if _, problems := Compile(json.RawMessage(all), "pipeline"); len(problems) == 0 {
			return all
		}
	}
}

func checkReuse(t *testing.T, r *rand.Rand, steps string, data testData) {
	t.Helper()
	p := mustCompile(t, steps)
	reused := p.NewRunner().Use(data)
	pack := newPackedText()
	lines := &packing{Rand: r, t: t, given: []byte("some words 2026 and 17 more, own \"quotes\", drop \\ \xff é \x01")}
	in := *benchInput("")
	var message []byte
	for nth := range 120 {
		in.Follows = true
		if nth == 0 || r.IntN(9) == 0 {
			change(r, &in)
			in.Follows = false
		}
		if r.IntN(50) == 0 {
			data.set = geotest.Set(t) // in place of the old one
			reused.Use(data)
		}
		message = append(message[:0], reusedLine(lines)...)
		in.Message, in.Offset, in.Unreadable = message, in.Offset+uint64(len(message)), r.IntN(30) == 0
		if r.IntN(20) == 0 {
			in.Offset = r.Uint64()
		}
		alone := in
		alone.Message, alone.Follows = bytes.Clone(message), false
		want, wanted := p.NewRunner().Use(data).Run(nil, &alone)
		if wanted.Outcome == Index && (!json.Valid(want) || !utf8.Valid(want)) {
			t.Fatalf("%s\n%q\nis no JSON in UTF-8: %q", steps, message, want)
		}
		var result Result
		reused.Work(&in, &result)
		if result.Outcome != Index {
			if result != wanted {
				t.Fatalf("%s\n%q\ngot  %+v\nwant %+v", steps, message, result, wanted)
			}
			continue
		}
		packs := r.IntN(4) != 0
		packs = packs && pack.add(t, reused)
		if !packs || r.IntN(4) == 0 { // packed documents must not depend on it
			own, tail := reused.Encode(nil, &in, &result)
			if got := tail.Join(own); !bytes.Equal(got, want) {
				t.Fatalf("%s\n%q\ngot  %s\nwant %s", steps, message, got, want)
			}
		}
		if result != wanted {
			t.Fatalf("%s\n%q\ngot  %+v\nwant %+v", steps, message, result, wanted)
		}
		if packs {
			pack.want = append(pack.want, want)
		}
	}
	pack.check(t, steps)
}

// change changes some of what an input says besides its line.
func change(r *rand.Rand, in *Input) {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	for range 1 + r.IntN(3) {
		switch r.IntN(9) {
		case 0:
			in.Path = one("", "/var/log/a.log", "/var/log/b\xff.log", "/var/log/pods/shop_web-1_0a1b2c3d-0000-0000-0000-000000000000/nginx/2.log",
				"/var/log/containers/web-1_shop_nginx-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log")
		case 1:
			in.Host = one("", "web-1", "web-2", "own", "h\xff")
		case 2:
			in.App = one("shop", "other", "")
		case 3:
			in.Revision, in.Collection = one("0123456789abcdef", "", "fedcba9876543210"), one("one", "two")
		case 4:
			in.ManyPaths = !in.ManyPaths
		case 5:
			in.At = in.At.Add(time.Duration(r.IntN(100)) * time.Hour)
		case 6:
			in.Part, in.LastPart = r.IntN(3), r.IntN(2) == 0
		case 7:
			in.KeepOriginal, in.Env, in.AgentID = r.IntN(2) == 0, one("", "prod", "test"), one("", "agent")
		case 8:
			in.Location = []*time.Location{nil, time.UTC, time.FixedZone("east", 3600)}[r.IntN(3)]
		}
	}
}

// reusedLine is a line with addresses that the databases know, now and then.
func reusedLine(p *packing) string {
	agents := []string{"-", "curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "bot \xc3", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
	switch p.IntN(8) {
	case 0:
		return p.line()
	case 1:
		return fmt.Sprintf(`{"ips":[%q,%q],"source":{"ip":%q},"user":{"name":%q},"user_agent":{"original":%q,"name":"mine"},"url.query":%q,"k%d":{"x":1}}`,
			p.one("203.0.113.9", "x", "::1"), p.one("203.0.113.10", `{"a":"b"}`), p.one("203.0.113.11", "10.0.0.1"), p.one("bob", "eve"), p.one(agents...), p.one("5", "b"), p.IntN(3000))
	case 2:
		if p.IntN(8) == 0 {
			return p.manyKeys()
		}
	}
	line := fmt.Sprintf(`%s - %s [22/Nov/2026:18:59:%02d +0000] "%s %s HTTP/1.1" %d %s`, p.one("203.0.113.77", "203.0.113.8", "10.0.0.1", "2001:db8::1", "host"),
		p.one("-", "-", "bob", "a b"), p.IntN(3), p.one("GET", "POST", "own"), p.one("/", "/a.css?c=d&e=2026-01-01", "/drop", "/?17", "/x#y", "/"+p.some()), 200+300*p.IntN(2), p.one("-", "7", "0", "1234567", "12345678901"))
	if p.IntN(5) > 0 {
		line += ` "` + p.one("-", "https://shop.example.com/", "") + `" "` + p.one(agents...) + `"`
	}
	return line + p.one("", "", "", " ", ` "more"`)
}

// joined is packed text, and the documents that it should make.
type joined struct {
	packedText
	tails []*event.Tail // of the documents; where begins, its line stands before the document
	begin []bool
	want  [][]byte
}

func newPackedText() *joined { return &joined{packedText: packedText{Writer: packed.NewWriter()}} }

// add packs the document of the event at work, unless it is larger than a block.
func (j *joined) add(t *testing.T, r *Runner) bool {
	t.Helper()
	for {
		mark, tail := j.Mark(), r.Tail()
		begins := tail != nil && !tail.Equal(j.tail)
		if begins {
			j.Literal(tail.Line)
			j.Literal([]byte("\n"))
		}
		whole := r.Pack(j.Writer)
		switch {
		case !whole:
			j.Back(mark)
			continue
		case !j.Fits():
			if j.Back(mark); j.At() == 0 {
				return false
			}
			j.Next()
			continue
		}
		j.tail = tail
		j.tails, j.begin = append(j.tails, tail), append(j.begin, begins)
		return true
	}
}

// check takes the text apart.
func (j *joined) check(t *testing.T, steps string) {
	t.Helper()
	if len(j.want) == 0 {
		return
	}
	lines := bytes.Split(bytes.TrimSuffix(packedtest.Unpack(t, j.Finish()), []byte("\n")), []byte("\n"))
	for i, want := range j.want {
		if j.begin[i] {
			if !bytes.Equal(lines[0], j.tails[i].Line) {
				t.Fatalf("%s: tail %s, want %s", steps, lines[0], j.tails[i].Line)
			}
			lines = lines[1:]
		}
		got := bytes.Clone(lines[0])
		got = j.tails[i].Join(got)
		if !bytes.Equal(got, want) {
			t.Fatalf("%s\npacked %s\nwant   %s", steps, got, want)
		}
		lines = lines[1:]
	}
}
