package adopt

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func sampleClaim(hosts ...string) *claim {
	return &claim{collection: &collect.Collection{Name: "foreign", Select: collect.Select{Hosts: hosts}}, rev: revision.ID{9}}
}

func sampleForeign(value string) *foreign {
	return &foreign{topic: "syslog", id: TopicID{1, 2, 3}, partition: 2, offset: 41, at: noon, key: "web-1", value: []byte(value)}
}

// open decodes a record as enrich will.
func open(tb testing.TB, r raw) (*record.Manifest, []record.Raw) {
	tb.Helper()
	m, _, err := record.Decode(r.header)
	if err != nil {
		tb.Fatal(err)
	}
	if err := m.Check(len(r.value)); err != nil {
		tb.Fatal(err)
	}
	var events []record.Raw
	var w record.Walker
	var e record.Raw
	for w.Reset(m, r.value); w.Next(&e); {
		e.Bytes = bytes.Clone(e.Bytes)
		events = append(events, e)
	}
	return m, events
}

func TestAForeignRecordBecomesARawRecord(t *testing.T) {
	f := sampleForeign("one\ntwo\r\n")
	host, records, no := convert(f, sampleClaim())
	if no != nil || host != "web-1" || len(records) != 1 || !bytes.Equal(records[0].value, f.value) {
		t.Fatalf("%q, %+v, %+v", host, records, no)
	}
	m, events := open(t, records[0])
	want := &record.Manifest{
		Writer: record.Writer{ID: "syslog/2", Nonce: 0x0102030000000000}, Seq: 42, Host: "web-1", At: noon,
		Segments: []record.Segment{{
			Kind: record.Bytes, Src: sourceOf(f), Off: 41, Len: 9, Collection: "foreign", Rev: revision.ID{9},
			Path: "kafka://syslog/2", Events: []record.Event{{{Off: 0, Len: 7}}},
		}},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]record.Raw{{Off: 41, Bytes: []byte("one\ntwo"), Framed: 7}}, events); diff != "" {
		t.Error(diff)
	}
}

func TestTheSourceIsOfThisTopicAndPartition(t *testing.T) {
	seen := map[record.SourceID]string{}
	for name, change := range map[string]func(*foreign){
		"as it is":               func(*foreign) {},
		"in another partition":   func(f *foreign) { f.partition = 3 },
		"in another topic":       func(f *foreign) { f.topic = "syslog2" },
		"in a topic made anew":   func(f *foreign) { f.id = TopicID{7} },
		"of brokers without ids": func(f *foreign) { f.id = TopicID{} },
	} {
		f := sampleForeign("a")
		change(f)
		id := sourceOf(f)
		if other, ok := seen[id]; ok {
			t.Errorf("%s and %s are one source", name, other)
		}
		seen[id] = name
	}
}

func TestWhoseRecordItIs(t *testing.T) {
	for name, test := range map[string]struct {
		key, header string
		covers      []string
		host        string
	}{
		"the key's, if it is a host name":            {"web-1", "db-1", nil, "web-1"},
		"the header's, if there is no key":           {"", "db-1", nil, "db-1"},
		"the header's, if the key is no host name":   {"\xff\x00", "db-1", nil, "db-1"},
		"the header's, if the key is not covered":    {"web-1", "db-1", []string{"db-*"}, "db-1"},
		"nobody's, if neither names a host":          {"a b", "-", nil, Unknown},
		"a dead letter, if nobody is not covered":    {"a b", "", []string{"db-*"}, ""},
		"nobody's, if the name is longer than names": {strings.Repeat("a", 254), "", nil, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			f := sampleForeign("x")
			f.key, f.host = test.key, test.header
			host, records, no := convert(f, sampleClaim(test.covers...))
			if host != test.host || (no == nil) != (test.host != "") || (no == nil) != (len(records) == 1) {
				t.Errorf("%q, %+v", host, no)
			}
			if no != nil && no.reason != ReasonHost {
				t.Errorf("%+v", no)
			}
		})
	}
}

func TestWhatCannotBeAdopted(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*foreign)
		reason string
	}{
		"a tombstone":             {func(f *foreign) { f.value = nil }, ReasonEmpty},
		"an empty value":          {func(f *foreign) { f.value = []byte{} }, ReasonEmpty},
		"a record without a time": {func(f *foreign) { f.at = time.Time{} }, ReasonTimestamp},
		"a record of the time -1": {func(f *foreign) { f.at = time.UnixMilli(-1) }, ReasonTimestamp},
		"seconds for a time":      {func(f *foreign) { f.at = time.UnixMilli(1_795_000_000) }, ReasonTimestamp},
		"microseconds for a time": {func(f *foreign) { f.at = time.UnixMilli(1_795_000_000_000_000) }, ReasonTimestamp},
	} {
		t.Run(name, func(t *testing.T) {
			f := sampleForeign("x")
			test.change(f)
			if _, records, no := convert(f, sampleClaim()); no == nil || no.reason != test.reason || records != nil {
				t.Errorf("%+v, %+v", records, no)
			}
		})
	}
}

func TestALongValueTravelsInParts(t *testing.T) {
	f := sampleForeign(strings.Repeat("é", 500_000) + "\n")
	host, records, no := convert(f, sampleClaim())
	if no != nil || len(records) < 4 {
		t.Fatalf("%d records, %+v", len(records), no)
	}
	var whole []byte
	ids := map[record.EventID]bool{}
	writers := map[record.Writer]bool{}
	for i, r := range records {
		if n := len(host) + len(r.value) + len(r.header); n > record.MaxBytes {
			t.Errorf("part %d has %d bytes", i, n)
		}
		m, events := open(t, r)
		s := m.Segments[0]
		if len(events) != 1 || s.Part != uint32(i+1) || s.LastPart != (i+1 == len(records)) || s.Off != 41 || m.Seq != 42 {
			t.Errorf("part %d: %d events, %+v", i, len(events), m)
		}
		if !bytes.HasPrefix(events[0].Bytes, []byte("é")) {
			t.Errorf("part %d begins in the middle of a character", i)
		}
		whole = append(whole, r.value...)
		ids[record.NewEventID(s.Src, s.Gen, s.Off, events[0].Bytes)] = true
		writers[m.Writer] = true
	}
	if !bytes.Equal(whole, f.value) || len(ids) != len(records) || len(writers) != len(records) {
		t.Errorf("%d bytes, %d ids and %d writers of %d records", len(whole), len(ids), len(writers), len(records))
	}
}

func FuzzConvert(f *testing.F) {
	f.Add("web-1", "", []byte("line\n"), int64(1))
	f.Add("", "db", []byte("\n"), int64(1<<39))
	f.Fuzz(func(t *testing.T, key, header string, value []byte, offset int64) {
		if offset < 0 || offset > record.MaxOffset {
			return // Kafka has none below; 2^40 records are more than a partition sees
		}
		in := &foreign{topic: "t", offset: offset, at: noon, key: key, host: header, value: value}
		host, records, no := convert(in, sampleClaim())
		if no != nil {
			if len(value) > 0 {
				t.Fatalf("%+v", no)
			}
			return
		}
		if !validHost(host) || len(records) != 1 || !bytes.Equal(records[0].value, value) {
			t.Fatalf("%q, %d records", host, len(records))
		}
		if _, events := open(t, records[0]); len(events) != 1 || !bytes.Equal(events[0].Bytes, trimEnd(value)) {
			t.Fatalf("%+v", events)
		}
	})
}
