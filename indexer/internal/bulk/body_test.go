package bulk_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func id(n int) record.EventID {
	return record.NewEventID(record.SourceID{1}, record.NewGen([]byte("a"), 0), uint64(n), []byte{byte(n)})
}

// manifest is the header of a batch with runs of (index, count).
func manifest(runs ...batch.Run) []byte {
	m := batch.Manifest{Writer: record.Writer{ID: "a"}, Seq: 3, At: time.Unix(1, 0), Runs: runs}
	for i := range runs {
		for range runs[i].Count {
			m.IDs = append(m.IDs, id(len(m.IDs)))
		}
	}
	return batch.Append(nil, &m)
}

func run(index string, count uint32) batch.Run {
	return keep(7, index, count)
}

// keep is a run with a retention in days.
func keep(days uint32, index string, count uint32) batch.Run {
	return batch.Run{Count: count, Index: index, Retention: days, Rev: revision.Of([]byte("x"))}
}

func decode(t *testing.T, header []byte, value string) *bulk.Batch {
	t.Helper()
	b, err := bulk.NewDecoder().Decode(header, []byte("host"), []byte(value), deadletter.Origin{Topic: "logs.shop"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// text is all of a content, whose size must be true.
func text(t *testing.T, c bulk.Content) []byte {
	t.Helper()
	b, err := io.ReadAll(c.Reader())
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != c.Size() {
		t.Errorf("Size is %d, read %d bytes", c.Size(), len(b))
	}
	return b
}

func TestDocumentsInABodyAreWhole(t *testing.T) {
	shared := run(today, 2)
	shared.Close, shared.Open = 2, 8
	var body bulk.Body
	in := decode(t, manifest(run(lastYear, 1), shared), "{\"old\":1}\n"+
		`{"log":{"file":"a"},"host":"h"}`+"\n"+`{"message":"1","log":{"offset":1}}`+"\n"+`{"message":"2","log":{"offset":2}}`+"\n")
	if n := body.Add(in, now); n != 1 {
		t.Errorf("%d expired, want 1", n)
	}
	for i, it := range body.Items() {
		want := fmt.Sprintf(`{"message":"%d","log":{"offset":%d,"file":"a"},"host":"h"}`+"\n", i+1, i+1)
		if string(it.Doc) != want || it.ID() != id(i+1) {
			t.Errorf("got %s %s, want %s", it.ID(), it.Doc, want)
		}
	}
}

const (
	today     = "logs-shop-prod-2026.11.22"
	yesterday = "logs-shop-prod-2026.11.21"
	lastYear  = "logs-shop-prod-2025.11.21"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestBodyIsActionLinesAndDocumentsAsTheyStand(t *testing.T) {
	var body bulk.Body
	value := "{\"message\":\"one\"}\n{ \"odd\" :  1 }\n{\"message\":\"\\u00e4 ä\"}\n"
	if n := body.Add(decode(t, manifest(run(today, 2), run(yesterday, 1)), value), now); n != 0 {
		t.Errorf("%d expired, want none", n)
	}
	if n := body.Add(decode(t, manifest(run(lastYear, 1), run(today, 1), run(lastYear, 1)), "{\"old\":1}\n{\"new\":1}\n{\"old\":2}\n"), now); n != 2 {
		t.Errorf("%d expired, want 2", n)
	}
	golden, got := filepath.Join("testdata", "body.ndjson"), text(t, &body)
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("body\n got %s\nwant %s", got, want)
	}
	if got := body.Indices(); !slices.Equal(got, []bulk.Index{{Name: today, Retention: 7}, {Name: yesterday, Retention: 7}}) {
		t.Errorf("indices %v, want %s and %s of 7 days", got, today, yesterday)
	}
	if body.Docs() != 4 {
		t.Errorf("%d documents, want 4", body.Docs())
	}
}

func TestEachRunExpiresByItsOwnRetention(t *testing.T) {
	const old = "logs-shop-prod-2026.11.19" // ended on the 20th
	var body bulk.Body
	in := decode(t, manifest(keep(2, old, 2), keep(3, old, 1), keep(30, old, 1), keep(4, old, 1)), "{\"a\":1}\n{\"a\":2}\n{\"b\":1}\n{\"c\":1}\n{\"d\":1}\n")
	if n := body.Add(in, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)); n != 2 {
		t.Errorf("%d expired, want the 2 of 2 days", n)
	}
	want := []bulk.Index{{Name: old, Retention: 30}}
	if got := body.Indices(); !slices.Equal(got, want) {
		t.Errorf("indices %v, want the longest retention: %v", got, want)
	}
	items := body.Items()
	if got := bulk.IndicesOf(items[2:]); !slices.Equal(got, []bulk.Index{{Name: old, Retention: 4}}) {
		t.Errorf("the last item alone needs %v, want 4 days", got)
	}
	if got, want := items[0].Expires(), time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("the first document expires at %v, want %v", got, want)
	}
}

func TestItemsOfABodyMakeTheSameBody(t *testing.T) {
	var body bulk.Body
	body.Add(decode(t, manifest(run(today, 2), run(yesterday, 1)), "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"), now)
	body.Add(decode(t, manifest(run(lastYear, 1), run(today, 1)), "{\"b\":1}\n{\"b\":2}\n"), now)
	items := body.Items()
	if len(items) != body.Docs() {
		t.Fatalf("%d items for %d documents", len(items), body.Docs())
	}
	if got, want := text(t, bulk.TextOf(items)), text(t, &body); !bytes.Equal(got, want) {
		t.Errorf("items make\n%s\nthe body is\n%s", got, want)
	}
	last := items[3]
	if string(last.Doc) != "{\"b\":2}\n" || last.Event != 1 || last.Run != 1 || last.ID() != id(1) || last.Index() != today {
		t.Errorf("last item %+v", last)
	}
}

func TestABodyOfOneIndexNamesItOnce(t *testing.T) {
	var body bulk.Body
	body.Add(decode(t, manifest(run(today, 1), run(today, 1)), "{\"a\":1}\n{\"a\":2}\n"), now)
	want := `{"create":{"_id":"` + id(0).String() + "\"}}\n{\"a\":1}\n" + `{"create":{"_id":"` + id(1).String() + "\"}}\n{\"a\":2}\n"
	for _, c := range []bulk.Content{&body, bulk.TextOf(body.Items())} {
		if got := text(t, c); string(got) != want || c.Index() != today {
			t.Errorf("got %s for index %q, want %s for %s", got, c.Index(), want, today)
		}
	}
	body.Add(decode(t, manifest(run(yesterday, 1)), "{\"a\":3}\n"), now)
	if got := text(t, &body); body.Index() != "" || bytes.Count(got, []byte(`"_index":`)) != 3 {
		t.Errorf("with a second index: index %q, body %s", body.Index(), got)
	}
}

func TestReadersOfABodyDoNotDisturbEachOther(t *testing.T) {
	var body bulk.Body
	body.Add(decode(t, manifest(run(today, 2), run(yesterday, 1)), "{\"a\":1}\n{\"a\":\"a longer one\"}\n{\"a\":3}\n"), now)
	body.Add(decode(t, manifest(run(today, 1)), "{\"b\":1}\n"), now)
	want := text(t, &body)
	half := body.Reader()
	if _, err := io.ReadFull(half, make([]byte, len(want)/2)); err != nil {
		t.Fatal(err)
	}
	for size := 1; size <= len(want)+1; size++ {
		var got []byte
		piece, from := make([]byte, size), body.Reader()
		for {
			n, err := from.Read(piece)
			got = append(got, piece[:n]...)
			if err == io.EOF {
				break
			}
			if n < size && len(got) < len(want) {
				t.Fatalf("a read of %d gave %d in the middle", size, n)
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("in pieces of %d: got\n%s\nwant\n%s", size, got, want)
		}
	}
	rest, err := io.ReadAll(half)
	if err != nil || !bytes.Equal(rest, want[len(want)/2:]) {
		t.Errorf("the reader that waited gave %s, %v", rest, err)
	}
}

func TestDecodeRefusesWhatCannotBeIndexed(t *testing.T) {
	for name, tc := range map[string]struct {
		header []byte
		value  string
		reason string
	}{
		"no manifest":                {nil, "{}\n", bulk.ReasonManifest},
		"a manifest of zero bytes":   {[]byte{}, "{}\n", bulk.ReasonManifest},
		"fewer lines than ids":       {manifest(run(today, 2)), "{}\n", bulk.ReasonValue},
		"a line without its end":     {manifest(run(today, 1)), "{}", bulk.ReasonValue},
		"an index with a quote":      {manifest(run(`logs-a","x":"-b-2026.11.22`, 1)), "{}\n", bulk.ReasonIndex},
		"an index of somebody else":  {manifest(run("logs-generic-default", 1)), "{}\n", bulk.ReasonIndex},
		"an index without a name":    {manifest(run("", 1)), "{}\n", bulk.ReasonIndex},
		"a retention of no days":     {manifest(keep(0, today, 1)), "{}\n", bulk.ReasonManifest},
		"a retention without end":    {manifest(keep(collect.MaxRetention+1, today, 1)), "{}\n", bulk.ReasonManifest},
		"an index on no day of ours": {manifest(run("logs-a-b-2026.02.30", 1)), "{}\n", bulk.ReasonIndex},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bulk.NewDecoder().Decode(tc.header, nil, []byte(tc.value), deadletter.Origin{})
			var p *bulk.PoisonError
			if !asPoison(err, &p) || p.Reason != tc.reason {
				t.Errorf("got %v, want reason %s", err, tc.reason)
			}
		})
	}
}
