package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

// join is all documents of a batch.
func join(t testing.TB, m *Manifest, value string) string {
	t.Helper()
	var d Documents
	if err := d.Open(m, []byte(value)); err != nil {
		t.Fatal(err)
	}
	all := appendAll(&d, m)
	if d.Size() != len(all) {
		t.Errorf("Size is %d, the documents have %d bytes", d.Size(), len(all))
	}
	return string(all)
}

func appendAll(d *Documents, m *Manifest) (all []byte) {
	nth := 0
	for run := range m.Runs {
		for range m.Runs[run].Count {
			before := len(all)
			all = d.Append(all, run, nth)
			if d.Len(run, nth) != len(all)-before {
				panic(fmt.Sprintf("Len of event %d is %d, it has %d bytes", nth, d.Len(run, nth), len(all)-before))
			}
			nth++
		}
	}
	return all
}

func TestDocumentsArePutTogether(t *testing.T) {
	got := join(t, sample(), sampleValue)
	if got != sampleDocuments {
		t.Errorf("got\n%s\nwant\n%s", got, sampleDocuments)
	}
	for _, text := range []string{got, sampleValue} {
		for line := range strings.Lines(text) {
			if !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %s", line)
			}
		}
	}
	golden(t, "value-v2.ndjson", sampleValue)
	golden(t, "documents-v2.ndjson", got)
}

func TestLinesAreMadeOfDocumentsAgain(t *testing.T) {
	var d Documents
	m := sample()
	if err := d.Open(m, []byte(sampleValue)); err != nil {
		t.Fatal(err)
	}
	var value []byte
	nth := 0
	for run := range m.Runs {
		value = append(value, d.Common(run)...)
		for range m.Runs[run].Count {
			value = m.Runs[run].AppendOwn(value, d.Append(nil, run, nth), d.Common(run))
			nth++
		}
	}
	if string(value) != sampleValue {
		t.Errorf("got\n%s\nwant\n%s", value, sampleValue)
	}
}

func TestOpenRefusesAValueThatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Manifest)
		value  string
	}{
		"a line too few":             {func(*Manifest) {}, "{\"log\":{\"x\":1}}\n{\"a\":{}}\n{\"a\":{}}\n"},
		"a line too many":            {func(*Manifest) {}, sampleValue + "{}\n"},
		"no line feed at the end":    {func(*Manifest) {}, strings.TrimSuffix(sampleValue, "\n")},
		"bytes behind the end":       {func(*Manifest) {}, sampleValue + "{"},
		"nothing at all":             {func(*Manifest) {}, ""},
		"runs too short":             {func(m *Manifest) { m.Runs = m.Runs[:1] }, sampleValue},
		"an id too few":              {func(m *Manifest) { m.IDs = m.IDs[:2] }, sampleValue},
		"more to close than is":      {func(m *Manifest) { m.Runs[0].Close = 3 }, sampleValue},
		"an event that is too short": {func(*Manifest) {}, strings.Replace(sampleValue, `{"message":"a","log":{"offset":1}}`, "}", 1)},
		"closes without end":         {func(m *Manifest) { m.Runs[0].Close = 1 << 31 }, sampleValue},
		"opens nothing":              {func(m *Manifest) { m.Runs[0].Open = 0 }, sampleValue},
		"opens the whole line":       {func(m *Manifest) { m.Runs[0].Open = uint32(strings.IndexByte(sampleValue, '\n')) }, sampleValue},
		"opens more than the line":   {func(m *Manifest) { m.Runs[0].Open = 1 << 31 }, sampleValue},
		"a common line too long":     {func(*Manifest) {}, `{"log":{"` + strings.Repeat("x", MaxCommon) + sampleValue},
	} {
		t.Run(name, func(t *testing.T) {
			m := sample()
			c.change(m)
			if err := new(Documents).Open(m, []byte(c.value)); !errors.Is(err, ErrValue) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestAFewBytesAnEventDoNotBecomeAnyNumber(t *testing.T) {
	const events = 20000
	m := &Manifest{IDs: make([]record.EventID, events), Runs: []Run{{Count: events, Close: 1, Open: 1}}}
	value := `{"` + strings.Repeat("x", MaxCommon-10) + "\":1}\n" + strings.Repeat("{}\n", events)
	if err := new(Documents).Open(m, []byte(value)); !errors.Is(err, ErrValue) {
		t.Errorf("error %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Append(nil, sample()), []byte(sampleValue))
	f.Add(Append(nil, &Manifest{}), []byte{})
	f.Add(Append(nil, &Manifest{IDs: make([]record.EventID, 1), Runs: []Run{{Count: 1, Close: 1, Open: 1}}}), []byte("{\"a\":1}\n}\n"))
	f.Fuzz(func(t *testing.T, b, value []byte) {
		var m, again Manifest
		if Decode(b, &m) != nil {
			return
		}
		if err := Decode(Append(nil, &m), &again); err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("not the same after a round trip: %v\n%+v\n%+v", err, m, again)
		}
		var d Documents
		if d.Open(&m, value) != nil {
			return
		}
		all := appendAll(&d, &m)
		if len(all) != d.Size() || bytes.Count(all, lineFeed) != len(m.IDs) {
			t.Fatalf("%d ids, size %d, documents of %d bytes: %q", len(m.IDs), d.Size(), len(all), all)
		}
	})
}

func BenchmarkDocuments(b *testing.B) {
	const events = 850
	var value []byte
	common := `{"log":{"file":{"path":"/var/log/nginx/access.log"}},` + strings.Repeat(`"a":"0123456789",`, 16) + `"z":1}`
	own := `{"message":"` + strings.Repeat("m", 560) + `","log":{"offset":1}}`
	for _, whole := range []bool{true, false} {
		m := &Manifest{IDs: make([]record.EventID, events), Runs: []Run{{Count: events, Index: "logs-shop-prod-2026.11.22", Rev: revision.ID{1}}}}
		value = value[:0]
		if !whole {
			m.Runs[0].Close, m.Runs[0].Open = 2, 8
			value = append(value, common+"\n"...)
		}
		for range events {
			if whole {
				value = append(append(value, own[:len(own)-2]+","+common[8:]...), '\n')
			} else {
				value = append(append(value, own...), '\n')
			}
		}
		b.Run(fmt.Sprintf("whole %t", whole), func(b *testing.B) {
			var d Documents
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Open(m, value); err != nil {
					b.Fatal(err)
				}
				out = out[:0]
				for nth := range events {
					out = d.Append(out, 0, nth)
				}
			}
			b.SetBytes(int64(len(out)))
		})
	}
}
