package pipeline

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/internal/packed/packedtest"
	"github.com/millrace/millrace/processors/pipeline/event"
)

// packedSteps are the pipelines of the revisions that a record is of.
var packedSteps = []string{
	`[{"format":"nginx.access"},{"user_agent":{"field":"user_agent.original"}},{"set":{"field":"labels.slow","value":true,"if":"http.response.status_code >= 500"}}]`,
	`[{"format":"json"},{"uppercase":{"field":"user.plan","ignore_missing":true}},{"reroute":{"dataset":"other","if":"took_ms == 3"}}]`,
	`[{"format":"syslog"},{"set":{"field":"labels.zone","value":"zone {{{host.name}}}"}}]`,
	`[{"dissect":{"pattern":"%{a} %{b.c} %{*k}=%{&k} %{d}"}},{"convert":{"field":"a","type":"integer","ignore_failure":true}}]`,
	`[{"kv":{"field":"message","field_split":" ","value_split":"=","target_field":"args","ignore_failure":true}},{"append":{"field":"tags","value":"kv"}}]`,
	`[{"format":"auto"},{"reroute":{"dataset":"other","if":"message contains \"r\""}}]`,
	`[]`,
}

// packing writes events to writers of packed text, as the batches of a record are, and beside them what they should hold.
type packing struct {
	*rand.Rand
	t       testing.TB
	given   []byte // by the fuzzer
	message []byte // the same memory for every event
	packs   []*Runner
	plain   []*Runner
	inputs  []Input
	texts   map[string]*packedText // by app
}

type packedText struct {
	*packed.Writer
	want []byte
	tail *event.Tail // of the last event
}

func newPacking(t testing.TB, seed uint64, given []byte) *packing {
	p := &packing{Rand: rand.New(rand.NewPCG(seed, 1)), t: t, given: given, texts: map[string]*packedText{}}
	for i := range 2 + p.IntN(3) {
		compiled := mustCompile(t, packedSteps[p.IntN(len(packedSteps))])
		p.packs, p.plain = append(p.packs, compiled.NewRunner()), append(p.plain, compiled.NewRunner())
		in := *benchInput("")
		in.Path, in.Revision, in.ManyPaths = fmt.Sprintf("/var/log/%d.log", i), fmt.Sprintf("%016x", i), p.IntN(2) == 0
		in.KeepOriginal = p.IntN(4) == 0
		p.inputs = append(p.inputs, in)
	}
	return p
}

// event brings one event to its text.
func (p *packing) event(which int) {
	in := p.inputs[which]
	p.message = append(p.message[:0], p.line()...)
	in.Message, in.Offset, in.At = p.message, uint64(p.IntN(1<<p.IntN(30))), in.At.Add(time.Duration(p.IntN(3))*time.Second)
	reference := in
	reference.Message = bytes.Clone(in.Message)
	var want, result Result
	p.plain[which].Work(&reference, &want)
	p.packs[which].Work(&in, &result)
	if result != want {
		p.t.Fatalf("%+v for %q, want %+v", result, in.Message, want)
	}
	if result.Outcome != Index {
		return
	}
	text := p.texts[result.App]
	if text == nil {
		text = &packedText{Writer: packed.NewWriter()}
		p.texts[result.App] = text
	}
	own, tail := p.plain[which].Encode(nil, &reference, &want)
	own = append(own, '\n')
	again := p.IntN(40) == 0
	for {
		mark := text.Mark()
		got := p.packs[which].Tail()
		if begins := !got.Equal(text.tail); begins && got != nil {
			text.Literal(got.Line)
			text.Literal([]byte("\n"))
		}
		whole := p.packs[which].Pack(text.Writer)
		switch {
		case !whole:
			text.Back(mark)
			continue
		case !text.Fits():
			if text.Back(mark); text.At() > 0 {
				text.Next()
				continue
			}
			got, own = tail, append(tail.Join(own[:len(own)-1]), '\n') // a document alone
			text.Append(own)
			text.want, text.tail = append(text.want, own...), nil
			return
		case again:
			again = false
			text.Back(mark)
			if p.IntN(2) == 0 {
				p.finish(text)
			}
			continue
		}
		if (got == nil) != (tail == nil) || !got.Equal(tail) {
			p.t.Fatalf("tail %+v, want %+v", got, tail)
		}
		if !got.Equal(text.tail) && got != nil {
			text.want = append(append(text.want, got.Line...), '\n')
		}
		text.want, text.tail = append(text.want, own...), got
		return
	}
}

// finish compares a text with what it should be, and begins the next.
func (p *packing) finish(text *packedText) {
	p.t.Helper()
	done := text.Finish()
	got := packedtest.Unpack(p.t, done)
	if same, err := done.Append(nil); err != nil || !bytes.Equal(same, got) {
		p.t.Fatalf("two readers do not agree: %v", err)
	}
	if at := differ(got, text.want); at >= 0 {
		p.t.Fatalf("from byte %d of %d on\ngot  %.300q\nwant %.300q", at, len(text.want), got[max(0, at-200):], text.want[max(0, at-200):])
	}
	text.want, text.tail = text.want[:0], nil
}

// differ is where two texts differ first; -1: nowhere.
func differ(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	return at
}

// line makes a line of which much has been seen before.
func (p *packing) line() string {
	switch p.IntN(9) {
	case 0, 1:
		return fmt.Sprintf(`%s - - [22/Nov/2026:18:59:%02d +0000] "GET %s HTTP/1.1" %d %d `,
			p.one("203.0.113.77", "10.0.0.1"), p.IntN(3), p.one("/", "/a/b?c=d", "/caf\xc3\xa9", "/\\x22", p.some()), 200+300*p.IntN(2), p.IntN(1<<p.IntN(20))) +
			`"` + p.one("-", "https://shop.example.com/") + `" "` + p.one("curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", p.some()) + `"`
	case 2, 3:
		return fmt.Sprintf(`{"time":"2026-11-22T18:59:%02dZ","level":%q,"msg":%q,%q:%s,"user":{"plan":%q},"took_ms":%d}`,
			p.IntN(60), p.one("INFO", "error"), p.some(), p.one("x", "order.id", "tags", fmt.Sprint("k", p.IntN(5000))), p.one("1", "1.5", `"a\"b"`, `["a"]`, "null", "true"),
			p.one("gold", "free"), p.IntN(5))
	case 4:
		return p.one(syslogLine, syslog5424Line, "<34>Nov 22 18:59:31 web-1 app: "+p.some())
	case 5:
		return fmt.Sprintf("%d %s %s=%s %s", p.IntN(9), p.some(), p.one("k", "z", "host"), p.one("v", p.some()), p.some())
	case 6:
		return fmt.Sprintf("a=%s b=%s c=%s", p.some(), p.one("1", "x"), p.some())
	case 7:
		switch p.IntN(60) {
		case 0:
			return strings.Repeat(p.some()+"long ", 1+p.IntN(20_000))
		case 1, 2, 3, 4:
			return p.manyKeys()
		}
	}
	return p.some()
}

// manyKeys is an object of names that few lines have: soon they are more than an event knows.
func (p *packing) manyKeys() string {
	var b strings.Builder
	for i := range 700 {
		fmt.Fprintf(&b, `,"%x":%d`, p.IntN(100_000), i)
	}
	return "{" + b.String()[1:] + "}"
}

func (p *packing) one(of ...string) string { return of[p.IntN(len(of))] }

// some is some text, mostly a piece of what the fuzzer gave.
func (p *packing) some() string {
	if p.IntN(8) == 0 || len(p.given) == 0 {
		return p.one("", "same", "b\xff", `"q"`, "tab\there", "\x00", "日本", `\`, strings.Repeat("word ", 9))
	}
	from := p.IntN(len(p.given))
	return string(p.given[from : from+p.IntN(min(60, len(p.given)-from)+1)])
}

// FuzzPack writes events of several pipelines in turn, and compares the packed text with the documents that Encode makes.
func FuzzPack(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, []byte("a text in which some things come again: some things, and some text that is not UTF-8\xff\xfe, \"quotes\" and \\ é"))
	}
	f.Add(uint64(100), []byte{})
	f.Add(uint64(101), bytes.Repeat([]byte("\t\"\\"), 30))
	f.Fuzz(func(t *testing.T, seed uint64, given []byte) {
		p := newPacking(t, seed, given)
		which := 0
		for range 1 + p.IntN(1000) {
			if p.IntN(1+int(seed%7)) == 0 {
				which = p.IntN(len(p.packs))
			}
			p.event(which)
		}
		for _, text := range p.texts {
			p.finish(text)
		}
	})
}
