package volume

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

func TestSourcesComeBackByteForByte(t *testing.T) {
	var docs []*Doc
	for i := range 100 {
		docs = append(docs, &Doc{Source: fmt.Sprintf(`{"@timestamp":%d,"message":"connection refused by host %d"}`, i, i) + strings.Repeat(" ", 500)})
	}
	dict := sample(docs)
	if dict == nil {
		t.Fatal("100 documents make no dictionary")
	}
	without, err := newCodec(nil)
	if err != nil {
		t.Fatal(err)
	}
	with, err := newCodec([][]byte{dict})
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	for _, source := range []string{"", "x", docs[7].Source, strings.Repeat("no two the same ", 10_000)} {
		for _, c := range []*codec{without, with} {
			packed := c.pack(source)
			got, err := with.unpack(buf, packed) // a newer codec reads what an older one wrote
			if err != nil || string(got) != source {
				t.Errorf("%.20q comes back as %.20q, %v", source, got, err)
			}
		}
	}
	if _, err := without.unpack(nil, with.pack("x")); err == nil {
		t.Error("a source is unpacked without its dictionary")
	}
}

func TestAVolumeOfAnotherFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(dir, 20_000, 0, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.w.exec(`PRAGMA user_version=1`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, 20_000, 0, Limits{}); err == nil || !strings.Contains(err.Error(), "its format is 1") {
		t.Fatalf("it opens with %v", err)
	}
}

// What was written last may be in it, so only one whose content is wrong is put aside.
func TestALogThatCannotBeReadNowStays(t *testing.T) {
	f, err := Open(t.TempDir(), 20_000, 0, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	log := f.path + "-wal"
	if err := os.MkdirAll(filepath.Join(log, "x"), 0o700); err != nil { // which is not read, not even by root
		t.Fatal(err)
	}
	if err := f.inspectLog(); err == nil {
		t.Error("it is taken for read")
	}
	if _, err := os.Stat(log); err != nil {
		t.Error(err)
	}
}

func TestARangeOverListedValuesIsAChoiceOfTheirTokens(t *testing.T) {
	const field = "http.response.status_code"
	atLeast := dsl.Range{Field: field, From: dsl.Bound{Set: true, Include: true, Text: "500", Number: 500, IsNumber: true}}
	number := func(text string) enumValue { return enumValue{text, document.Number} }
	e := enums{}
	for _, v := range []enumValue{number("200"), number("503"), number("1000"), {"abc", document.String}} {
		e = e.with(field, v)
	}
	got, ok := e.spell(dsl.Bool{Not: []dsl.Query{atLeast}}).(dsl.Bool)
	if !ok {
		t.Fatal("a bool is no bool any more")
	}
	term, ok := got.Not[0].(dsl.Term)
	if !ok || len(term.Values) != 3 { // as text, abc comes after 500
		t.Fatalf("got %+v", got.Not[0])
	}
	if c := coverOf(term, false); !c.ok || !c.exact {
		t.Errorf("the cover %+v is not exact", c)
	}
	e = e.with(field, enumValue{"1000", document.String}) // which, as text, comes before 500: only documents can tell
	if _, ok := e.spell(atLeast).(dsl.Range); !ok {
		t.Error("a value of two kinds is taken for one")
	}
	for i := range maxEnum {
		e = e.with(field, number(fmt.Sprint(2000+i)))
	}
	if _, ok := e.spell(atLeast).(dsl.Range); !ok {
		t.Error("a field with too many values still has a list")
	}
}

// Who removes a day waits on the writing goroutine, and everybody who writes with it.
func TestClosingAVolumeEndsItsSearches(t *testing.T) {
	f, err := Open(t.TempDir(), 20_000, 0, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Begin(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Add([]*Doc{{Index: Index{"u", "n"}, ID: "1", Time: 20_000 * dayMillis, Key: "{}", Source: `{"@timestamp":0}`, Tokens: []byte("a ")}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	spec := Spec{Lo: 20_000 * dayMillis, Hi: 20_001 * dayMillis, Need: 1, Limit: -1, Live: func(string) bool { // which a search asks in its midst
		go func() { closed <- f.Close() }()
		for {
			f.visits.mu.Lock()
			ended := f.visits.ended
			f.visits.mu.Unlock()
			if ended {
				return true
			}
			runtime.Gosched()
		}
	}}
	if res, err := f.Search(t.Context(), &spec); !errors.Is(err, ErrClosed) {
		t.Errorf("the search found %+v, %v", res, err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if _, err := f.Search(t.Context(), &spec); !errors.Is(err, ErrClosed) {
		t.Errorf("a later one ended with %v", err)
	}
}
