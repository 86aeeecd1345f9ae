package refine_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

func TestOpen(t *testing.T) {
	here := refine.Place{Key: host, Partition: topic.Partition([]byte(host), 4), Partitions: 4}
	encode := func(change func(*record.Manifest)) []byte {
		m, _ := raw("a\nb\n", lines(4))
		change(m)
		var e record.Encoder
		return e.Append(nil, m)
	}
	asItIs := func(*record.Manifest) {}
	future := encode(asItIs)
	future[4] = 99
	for name, test := range map[string]struct {
		at     refine.Place
		header []byte
		absent bool
		reason string
		cause  string
	}{
		"a record as agents write it passes":     {at: here, header: encode(asItIs)},
		"a record without a manifest is refused": {at: here, absent: true, reason: "no_manifest", cause: `header "m"`},
		"a manifest that is none is refused":     {at: here, header: []byte("hello world"), reason: "bad_manifest", cause: "malformed"},
		"a manifest from the future is refused":  {at: here, header: future, reason: "manifest_version", cause: "99"},
		"a key that is not the host is refused":  {at: refine.Place{Key: "web-2", Partition: here.Partition, Partitions: 4}, header: encode(asItIs), reason: "wrong_key", cause: `"web-2"`},
		"a foreign partition is refused":         {at: refine.Place{Key: host, Partition: (here.Partition + 1) % 4, Partitions: 4}, header: encode(asItIs), reason: "wrong_partition", cause: "another partitioner"},
		"a manifest of another value is refused": {at: here, header: encode(func(m *record.Manifest) { m.Segments[0].Len = 5 }), reason: "bad_manifest", cause: "value of 4"},
		"a record without a host is refused":     {at: refine.Place{Partitions: 4}, header: encode(func(m *record.Manifest) { m.Host = "" }), reason: "bad_manifest", cause: "host name has 0 bytes"},
		"events that overlap are refused": {at: here, header: encode(func(m *record.Manifest) {
			m.Segments[0].Events = []record.Event{{{Off: 0, Len: 4}}, {{Off: 0, Len: 4}}}
		}), reason: "bad_manifest", cause: "overlap"},
		"more events than are sane are refused": {at: here, header: encode(func(m *record.Manifest) { m.Segments[0].Events = manyEvents() }), reason: "bad_manifest", cause: "8001 events"},
	} {
		t.Run(name, func(t *testing.T) {
			m, refusal := new(refine.Worker).Open(test.at, test.header, !test.absent, []byte("a\nb\n"))
			if test.reason == "" {
				if refusal != nil || m == nil || m.Host != host {
					t.Fatalf("%+v, %+v", m, refusal)
				}
				return
			}
			if m != nil || refusal == nil || refusal.Reason != test.reason || !strings.Contains(refusal.Cause, test.cause) {
				t.Errorf("manifest %v, refusal %+v; want %s: …%s…", m, refusal, test.reason, test.cause)
			}
		})
	}
}

func manyEvents() (events []record.Event) {
	for range 8001 {
		events = append(events, record.Event{{Off: 0, Len: 0}})
	}
	return events
}
