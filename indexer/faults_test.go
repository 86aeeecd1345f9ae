package indexer_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/indexer"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/topic"
)

func TestOnlyOverloadedDocumentsAreSentAgain(t *testing.T) {
	b := startBroker(t, 2, "shop")
	s := startScript(t)
	tries := map[string]int{}
	s.document = func(_, id, _ string) answer {
		if tries[id]++; tries[id] == 1 && len(tries)%3 == 0 {
			return answer{http.StatusTooManyRequests, "es_rejected_execution_exception", "queue is full"}
		}
		return answer{}
	}
	m := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 300)...)
	until(t, "all documents", func() bool { return s.count() == n })
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
	m.stop()
	m.balanced()
	if got := m.sum("out_total", "duplicate"); got != 0 {
		t.Errorf("%v documents were sent again though they were taken", got)
	}
	if m.sum("retries_total", "items") == 0 {
		t.Error("nothing was sent again")
	}
}

func TestABodyThatIsTooLargeIsSplit(t *testing.T) {
	const most = 2000
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	s.request = func(body []byte) int {
		if len(body) > most {
			return http.StatusRequestEntityTooLarge
		}
		return 0
	}
	m := start(t, b, s.server.URL)
	list := spread("shop", 0, 100)
	list[3].doc = func(n int) string {
		if n == 35 {
			return fmt.Sprintf(`{"message":%q}`, strings.Repeat("x", most))
		}
		return `{"message":"small"}`
	}
	n := b.put(list...)
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
	if got := s.count(); got != n-1 {
		t.Errorf("%d documents, want all but the large one of %d", got, n)
	}
	dead := b.letters()
	if len(dead) != 1 || header(dead[0], deadletter.HeaderReason) != "too_large" {
		t.Fatalf("dead letters %v, want the large document alone", dead)
	}
	m.stop()
	m.balanced()
}

func TestAFieldThatDoesNotFitMovesToTheOverflow(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	s.document = func(_, _, doc string) answer {
		if strings.Contains(doc, `"status_code":"bad"`) {
			return answer{
				http.StatusBadRequest, "document_parsing_exception",
				"[1:40] failed to parse field [http.response.status_code] of type [long] in document with id 'x'",
			}
		}
		return answer{}
	}
	m := start(t, b, s.server.URL)
	e := events{app: "shop", count: 3, day: time.Now(), doc: func(n int) string {
		if n == 1 {
			return `{"message":"<&>","big":12345678901234567890,"http":{"response":{"status_code":"bad"}},"tags":["a"]}`
		}
		return `{"http":{"response":{"status_code":200}}}`
	}}
	b.put(e)
	until(t, "all documents", func() bool { return s.count() == 3 })
	want := `{"big":12345678901234567890,"message":"<&>","millrace":{"overflow":{"http.response.status_code":"bad"}},"tags":["a","_mapping_conflict"]}`
	if got := s.docs(e.name())[eventID(1).String()]; got != want {
		t.Errorf("repaired document\n got %s\nwant %s", got, want)
	}
	m.stop()
	m.balanced()
	if got := m.sum("repaired_total"); got != 1 {
		t.Errorf("repaired %v, want 1", got)
	}
}

func TestARefusedDocumentGoesToTheDeadLettersAlone(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	s.document = func(_, _, doc string) answer {
		if strings.Contains(doc, "poison") {
			return answer{http.StatusBadRequest, "illegal_argument_exception", "the server does not like it"}
		}
		return answer{}
	}
	m := start(t, b, s.server.URL)
	e := events{app: "shop", count: 10, day: time.Now(), common: `{"host":{"name":"web-1"}}`, doc: func(n int) string {
		if n == 4 || n == 8 {
			return fmt.Sprintf(`{"message":"poison %d"}`, n)
		}
		return `{"message":"good"}`
	}}
	b.put(e)
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
	dead := b.letters()
	if len(dead) != 1 {
		t.Fatalf("%d dead letters, want one for the batch", len(dead))
	}
	if got, want := string(dead[0].Value), e.common+"\n"+`{"message":"poison 4"}`+"\n"+`{"message":"poison 8"}`+"\n"; got != want {
		t.Errorf("value %q, want %q", got, want)
	}
	var man batch.Manifest
	if err := batch.Decode([]byte(header(dead[0], batch.Header)), &man); err != nil {
		t.Fatal(err)
	}
	if err := new(batch.Documents).Open(&man, dead[0].Value); err != nil {
		t.Error(err)
	}
	if man.IDs[0] != eventID(4) || man.IDs[1] != eventID(8) || man.Runs[0].Index != e.name() {
		t.Errorf("manifest %+v does not name events 4 and 8 of %s", man, e.name())
	}
	origin, err := deadletter.ParseOrigin(header(dead[0], deadletter.HeaderOrigin))
	if err != nil || origin.Topic != topic.Logs("shop") {
		t.Errorf("origin %+v, %v", origin, err)
	}
	if got := header(dead[0], deadletter.HeaderCause); !strings.Contains(got, "does not like it") {
		t.Errorf("cause %q", got)
	}
	if s.count() != 8 {
		t.Errorf("%d documents, want the 8 good ones", s.count())
	}
	if got, want := s.docs(e.name())[eventID(1).String()], `{"message":"good","host":{"name":"web-1"}}`; got != want {
		t.Errorf("document %s, want %s", got, want)
	}
	m.stop()
	m.balanced()
}

func TestAPoisonRecordStopsNothing(t *testing.T) {
	good := events{app: "shop", count: 2, day: time.Now()}
	for name, tc := range map[string]struct {
		spoil  func(*sarama.ProducerMessage)
		reason string
	}{
		"a record without a manifest":             {func(m *sarama.ProducerMessage) { m.Headers = nil }, "manifest"},
		"a manifest that is cut short":            {func(m *sarama.ProducerMessage) { m.Headers[0].Value = m.Headers[0].Value[:9] }, "manifest"},
		"a value with too few lines":              {func(m *sarama.ProducerMessage) { m.Value = sarama.StringEncoder("{}\n") }, "value"},
		"an index that is none of ours":           {func(m *sarama.ProducerMessage) { rename(m, `logs-x","_id":"y`) }, "index"},
		"a wild key and bytes that are not UTF-8": {func(m *sarama.ProducerMessage) { m.Key, m.Headers = sarama.ByteEncoder{0, 0xff}, nil }, "manifest"},
		"a record of the largest size": {func(m *sarama.ProducerMessage) {
			m.Headers, m.Value = nil, sarama.ByteEncoder(bytes.Repeat([]byte{'x'}, topic.RecordLimit-200))
		}, "manifest"},
		"a manifest of the largest size": {func(m *sarama.ProducerMessage) {
			m.Headers[0].Value, m.Value = bytes.Repeat([]byte{'x'}, topic.RecordLimit-100), nil
		}, "manifest"},
		"a record of nothing": {func(m *sarama.ProducerMessage) { m.Headers, m.Value, m.Key = nil, nil, nil }, "manifest"},
		"a key of the largest size": {func(m *sarama.ProducerMessage) {
			m.Headers, m.Value, m.Key = nil, nil, sarama.ByteEncoder(bytes.Repeat([]byte{'x'}, topic.RecordLimit-100))
		}, "manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, 1, "shop")
			s := startScript(t)
			m := start(t, b, s.server.URL)
			bad := good.message()
			tc.spoil(bad)
			before, after := good, good
			before.first, after.first = 5, 10
			if err := b.producer.SendMessages([]*sarama.ProducerMessage{before.message(), bad}); err != nil {
				t.Fatal(err)
			}
			b.put(after)
			until(t, "the good records", func() bool { return s.count() == 4 })
			until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
			dead := b.letters()
			if len(dead) != 1 || header(dead[0], deadletter.HeaderReason) != tc.reason {
				t.Fatalf("dead letters %v, want one for %s", dead, tc.reason)
			}
			if header(dead[0], deadletter.HeaderCause) == "" {
				t.Error("no cause")
			}
			m.stop()
			m.balanced()
		})
	}
}

func rename(m *sarama.ProducerMessage, name string) {
	var man batch.Manifest
	if err := batch.Decode(m.Headers[0].Value, &man); err != nil {
		panic(err)
	}
	man.Runs[0].Index = name
	m.Headers[0].Value = batch.Append(nil, &man)
}

func TestAMissingIndexIsMadeAgain(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	m := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 10)...)
	until(t, "the first documents", func() bool { return s.count() == n })
	s.set(func(s *script) { clear(s.indices) }) // somebody deletes it
	n = b.put(spread("shop", 100, 20)...)
	until(t, "the documents after", func() bool { return s.count() == n })
	m.stop()
	m.balanced()
}

func TestExpiredEventsAreDroppedAndCounted(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	old := events{app: "shop", count: 5, day: time.Now().AddDate(0, 0, -9)}
	s.indices[old.name()] = map[string]string{"left": "over"}
	s.indices["logs-not_ours"] = map[string]string{}
	m := start(t, b, s.server.URL)
	b.put(old, events{app: "shop", first: 10, count: 3, day: time.Now().AddDate(0, 0, -6)})
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
	until(t, "the old index to be deleted", func() bool { return s.called("DELETE "+old.name()) == 1 })
	if got := s.count(); got != 3 {
		t.Errorf("%d documents, want the 3 that are young enough", got)
	}
	if s.called("PUT "+old.name()) != 0 || s.called("DELETE logs-not_ours") != 0 {
		t.Error("an expired index was made, or a foreign one deleted")
	}
	m.stop()
	m.balanced()
	if got := m.sum("dropped_total", "expired"); got != 5 {
		t.Errorf("dropped %v, want 5", got)
	}
}

func TestAnOutageOnlyPauses(t *testing.T) {
	const budget = 8 << 10
	for name, outage := range map[string]func(s *script, on bool){
		"the store answers 503": func(s *script, on bool) {
			s.request = map[bool]func([]byte) int{true: func([]byte) int { return http.StatusServiceUnavailable }}[on]
		},
		"a proxy says that it does not understand": func(s *script, on bool) {
			s.page = map[bool]int{true: http.StatusBadRequest}[on]
		},
		"connections are cut": func(s *script, on bool) { s.cut = on },
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, 2, "shop")
			s := startScript(t)
			m := start(t, b, s.server.URL, func(c *indexer.Config) { c.FlushBytes, c.BudgetBytes = 4<<10, budget })
			before := b.put(spread("shop", 0, 10)...)
			until(t, "the first documents", func() bool { return s.count() == before })
			s.set(func(s *script) { outage(s, true) })
			n := before + b.put(spread("shop", 100, 5000)...)
			until(t, "the pause", func() bool { return m.sum("paused") == 1 })
			until(t, "as much as one app may hold", func() bool { return m.sum("in_flight_bytes") > budget/4 })
			until(t, "more tries", func() bool { return m.sum("retries_total") >= 5 })
			if held := m.sum("in_flight_bytes"); held > budget {
				t.Errorf("%v bytes are held, the budget is %d", held, budget)
			}
			if s.count() != before {
				t.Error("documents arrived during the outage")
			}
			s.set(func(s *script) { outage(s, false) })
			until(t, "all documents", func() bool { return s.count() == n })
			until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
			if m.sum("paused") != 0 {
				t.Error("still paused")
			}
			m.stop()
			m.balanced()
		})
	}
}

// Policies and operators put old indices away. A line that comes late for one must not hold
// up all others.
func TestALateEventForAnIndexThatWasPutAwayHoldsUpNobody(t *testing.T) {
	for name, refusal := range map[string]answer{
		"the index is blocked for writing": {
			http.StatusForbidden, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/8/index write (api)];",
		},
		"the index is read-only": {
			http.StatusForbidden, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/5/index read-only (api)];",
		},
		"the index is closed": {http.StatusBadRequest, "index_closed_exception", "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, 1, "shop", "bank")
			s := startScript(t)
			late := events{app: "shop", first: 1000, count: 2, day: time.Now().AddDate(0, 0, -3)}
			s.document = func(index, _, _ string) answer {
				if index == late.name() {
					return refusal
				}
				return answer{}
			}
			m := start(t, b, s.server.URL)
			b.put(late)
			n := b.put(spread("shop", 0, 100)...) + b.put(spread("bank", 2000, 100)...)
			until(t, "all others", func() bool { return s.count() == n })
			until(t, "all commits", func() bool { return b.waiting("shop") == 0 && b.waiting("bank") == 0 })
			dead := b.letters()
			if len(dead) != 1 || header(dead[0], deadletter.HeaderReason) != "blocked" {
				t.Errorf("dead letters %v", dead)
			}
			m.stop()
			m.balanced()
		})
	}
}

func TestAStoreThatIsAwayAtTheStartIsWaitedFor(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	s.cut = true
	m := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 50)...)
	until(t, "the pause", func() bool { return m.sum("paused") == 1 })
	s.set(func(s *script) { s.cut = false })
	until(t, "all documents", func() bool { return s.count() == n })
}

func TestStopDuringAnOutageLosesNothing(t *testing.T) {
	b := startBroker(t, 2, "shop")
	s := startScript(t)
	s.request = func([]byte) int { return http.StatusServiceUnavailable }
	first := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 500)...)
	until(t, "the pause", func() bool { return first.sum("paused") == 1 })
	first.stop()
	first.balanced()
	if got := b.waiting("shop"); got != 50 {
		t.Errorf("%d records wait, want all 50", got)
	}
	s.set(func(s *script) { s.request = nil })
	second := start(t, b, s.server.URL)
	until(t, "all documents", func() bool { return s.count() == n })
	second.stop()
	second.balanced()
}

// TestCommitsWaitForTheSlowest holds back one document of an early record while all
// later ones settle.
func TestCommitsWaitForTheSlowest(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	held := eventID(25).String()
	s.document = func(_, id, _ string) answer {
		if id == held {
			return answer{http.StatusTooManyRequests, "es_rejected_execution_exception", "not yet"}
		}
		return answer{}
	}
	m := start(t, b, s.server.URL, func(c *indexer.Config) { c.FlushBytes, c.FlushEvery = 1<<10, time.Millisecond })
	n := b.put(spread("shop", 0, 1000)...)
	until(t, "all documents but one", func() bool { return s.count() == n-1 })
	until(t, "the commit of what was before", func() bool { return b.waiting("shop") < 100 })
	if got := b.waiting("shop"); got < 98 {
		t.Errorf("%d records wait: record 2 was committed before it was settled", got)
	}
	s.set(func(s *script) { s.document = nil })
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
	m.stop()
	m.balanced()
}

// TestRecordsThatKafkaHasDeletedAreAGap begins with a committed offset that Kafka
// does not have any more.
func TestRecordsThatKafkaHasDeletedAreAGap(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	first := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 50)...)
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 && s.count() == n })
	first.stop()
	b.put(spread("shop", 100, 100)...)
	if err := b.cluster.DeleteRecords(topic.Logs("shop"), 0, 5+4); err != nil {
		t.Fatal(err)
	}
	second := start(t, b, s.server.URL)
	until(t, "what is left", func() bool { return s.count() == n+60 })
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
	if got := second.sum("gap_records_total"); got != 4 {
		t.Errorf("gap of %v records, want 4", got)
	}
}

func TestStopWithoutKafkaIsQuick(t *testing.T) {
	b := startBroker(t, 2, "shop")
	s := startScript(t)
	m := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 50)...)
	until(t, "all documents", func() bool { return s.count() == n })
	b.cluster.Close()
	m.stop() // says so when it takes too long
}
