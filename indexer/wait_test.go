package indexer_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/indexer"
	"github.com/millrace/millrace/schemas/index"
)

// refusals are what a store says for an index that takes nothing for now, by cause.
var refusals = map[string]struct {
	cause string
	says  answer
}{
	"its shards are away": {"unavailable", answer{
		http.StatusServiceUnavailable, "unavailable_shards_exception", "[x][0] primary shard is not active Timeout: [5s]",
	}},
	"it is read-only": {"blocked", answer{
		http.StatusForbidden, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/5/index read-only (api)];",
	}},
	"it is blocked for writing": {"blocked", answer{
		http.StatusForbidden, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/8/index write (api)];",
	}},
	"the disk that it is on is full": {"blocked", answer{
		http.StatusTooManyRequests, "cluster_block_exception", "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark];",
	}},
	"it is closed": {"blocked", answer{http.StatusBadRequest, "index_closed_exception", "closed"}},
	"it is gone as soon as it is made": {"missing", answer{
		http.StatusNotFound, "index_not_found_exception", "no such index [x]",
	}},
	"the node that it is on has too much to do": {"overload", answer{
		http.StatusTooManyRequests, "es_rejected_execution_exception", "queue is full",
	}},
	"it is broken in a way that we do not know": {"error", answer{http.StatusInternalServerError, "strange_exception", "strange"}},
}

// today is the index of an app.
func today(app string) string { return index.Name(app, "prod", index.Day, time.Now()) }

// refuse makes an index take nothing; a zero answer ends it.
func (s *script) refuse(name string, says answer) {
	s.set(func(s *script) {
		s.document = func(index, _, _ string) answer {
			if index == name {
				return says
			}
			return answer{}
		}
	})
}

// TestAnIndexThatTakesNothingHoldsUpNobody floods an index that refuses everything with
// many times what the budget holds.
func TestAnIndexThatTakesNothingHoldsUpNobody(t *testing.T) {
	const budget = 16 << 10
	for name, tc := range refusals {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, 2, "shop", "bank")
			s := startScript(t)
			m := start(t, b, s.server.URL, func(c *indexer.Config) { c.FlushBytes, c.BudgetBytes = 4<<10, budget })
			n := b.put(spread("shop", 0, 10)...)
			until(t, "the first documents", func() bool { return s.count() == n })

			s.refuse(today("shop"), tc.says)
			shop := b.put(spread("shop", 1000, 5000)...)
			until(t, "the app to wait", func() bool { return m.sum("waiting_documents", tc.cause) > 0 })
			bank := b.put(spread("bank", 10_000, 5000)...)
			until(t, "all documents of the other app", func() bool { return len(s.docs(today("bank"))) == bank })
			until(t, "all commits of the other app", func() bool { return b.waiting("bank") == 0 })
			if held := m.sum("in_flight_bytes"); held > budget*2/3 {
				t.Errorf("%v bytes of %d are held for one app", held, budget)
			}
			if m.sum("paused") != 0 || m.sum("waiting_indices") != 1 {
				t.Errorf("paused %v, %v indices wait", m.sum("paused"), m.sum("waiting_indices"))
			}
			if got := len(s.docs(today("shop"))); got != n {
				t.Errorf("%d documents are in the index that takes none", got)
			}

			s.refuse("", answer{})
			until(t, "all documents", func() bool { return s.count() == n+shop+bank })
			until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
			until(t, "the end of the wait", func() bool { return m.sum("waiting_indices") == 0 && m.sum("waiting_documents") == 0 })
			m.stop()
			m.balanced()
			if got := m.sum("out_total", "duplicate"); got != 0 {
				t.Errorf("%v documents were sent again though they were taken", got)
			}
		})
	}
}

// An index with one lost shard takes some documents. Those that come later must not be tried
// on it all the same: each time the others of their requests would wait for that shard.
func TestAnIndexWithALostShardIsNotTriedWithEveryDocument(t *testing.T) {
	b := startBroker(t, 2, "shop")
	s := startScript(t)
	s.document = func(_, id, _ string) answer {
		if id[len(id)-1]%2 == 0 {
			return refusals["its shards are away"].says
		}
		return answer{}
	}
	m := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 500)...)
	until(t, "the documents of the lost shard to wait", func() bool {
		waiting := int(m.sum("waiting_documents", "unavailable"))
		return waiting > 0 && waiting < n && s.count()+waiting == n
	})
	there := s.count()
	n += b.put(spread("shop", 1000, 500)...)
	until(t, "all others to wait, too", func() bool { return int(m.sum("waiting_documents")) == n-there })
	asked := m.sum("retries_total", "index")
	until(t, "some questions in vain", func() bool { return m.sum("retries_total", "index") >= asked+3 })
	if got := s.count(); got != there {
		t.Errorf("%d documents were sent meanwhile", got-there)
	}
	s.set(func(s *script) { s.document = nil })
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 && s.count() == n })
	m.stop()
	m.balanced()
}

// TestAnIndexWithoutShardsHoldsUpNobody asks Elasticsearch itself, which takes its time to say
// that a shard is away: a minute if it is let.
func TestAnIndexWithoutShardsHoldsUpNobody(t *testing.T) {
	r := elasticsearch(t)
	b := startBroker(t, 2, "shop", "bank")
	m := start(t, b, r.address)
	n := b.put(spread("bank", 0, 100)...)
	until(t, "the first documents", func() bool { return r.found() == n })

	const nowhere = `{"index.routing.allocation.require.box":"nowhere"}`
	r.do(esapi.IndicesCreateRequest{Index: today("shop"), WaitForActiveShards: "0", Body: strings.NewReader(`{"settings":` + nowhere + `}`)}, nil)
	shop := b.put(spread("shop", 10_000, 500)...)
	until(t, "the app to wait", func() bool { return m.sum("waiting_documents", "unavailable") == float64(shop) })
	began := time.Now()
	n += b.put(spread("bank", 20_000, 1000)...) + b.put(spread("shop", 30_000, 500)...)
	until(t, "all documents of the other app", func() bool { return b.waiting("bank") == 0 })
	if took := time.Since(began); took > 4*time.Second { // less than the store waits for a shard
		t.Errorf("the other app waited for %v", took)
	}
	until(t, "all of the app to wait", func() bool { return m.sum("waiting_documents") == 1000 })

	box := strings.NewReader(strings.ReplaceAll(nowhere, `"nowhere"`, "null"))
	r.do(esapi.IndicesPutSettingsRequest{Index: []string{today("shop")}, Body: box}, nil)
	until(t, "all documents", func() bool { return r.found() == n+shop })
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
	m.stop()
	m.balanced()
}

// An index may be refused before it is there, too: there are too many shards, say.
func TestAnIndexThatCannotBeMadeHoldsUpNobody(t *testing.T) {
	b := startBroker(t, 2, "shop", "bank")
	s := startScript(t)
	s.unmakable = today("shop")
	m := start(t, b, s.server.URL)
	shop := b.put(spread("shop", 0, 500)...)
	until(t, "the app to wait", func() bool { return m.sum("waiting_documents", "missing") == float64(shop) })
	bank := b.put(spread("bank", 10_000, 500)...)
	until(t, "all documents of the other app", func() bool { return s.count() == bank })
	s.set(func(s *script) { s.unmakable = "" })
	until(t, "all documents", func() bool { return s.count() == shop+bank })
	until(t, "all commits", func() bool { return b.waiting("shop", "bank") == 0 })
	m.stop()
	m.balanced()
}

// One document that is refused without end must not keep those of its index waiting.
func TestADocumentThatIsRefusedWithoutEndHoldsUpNoOther(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusInternalServerError} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			b := startBroker(t, 1, "shop")
			s := startScript(t)
			bad := eventID(25).String()
			s.document = func(_, id, _ string) answer {
				if id == bad {
					return answer{status, "strange_exception", "strange"}
				}
				return answer{}
			}
			m := start(t, b, s.server.URL, func(c *indexer.Config) { c.FlushBytes = 2 << 10 })
			n := b.put(spread("shop", 0, 1000)...)
			until(t, "the document to wait alone", func() bool { return m.sum("waiting_documents") == 1 && s.count() == n-1 })
			n += b.put(spread("shop", 5000, 1000)...)
			until(t, "what came later", func() bool { return s.count() == n-1 })
			s.set(func(s *script) { s.document = nil })
			until(t, "all commits", func() bool { return b.waiting("shop") == 0 && s.count() == n })
			m.stop()
			m.balanced()
		})
	}
}

// What waits when its partition is taken away belongs to the next member.
func TestWhatWaitsIsGivenBackAtARebalance(t *testing.T) {
	b := startBroker(t, 4, "shop", "bank")
	s := startScript(t)
	s.refuse(today("shop"), refusals["its shards are away"].says)
	one := start(t, b, s.server.URL)
	shop := b.put(spread("shop", 0, 1000)...)
	until(t, "all to wait", func() bool { return one.sum("waiting_documents") == float64(shop) })
	two := start(t, b, s.server.URL)
	until(t, "what the new member took over to wait there", func() bool {
		held := two.sum("waiting_documents")
		return held > 0 && one.sum("waiting_documents")+held == float64(shop)
	})
	if one.sum("returned_total") == 0 {
		t.Error("nothing was given back")
	}
	if got := b.waiting("shop"); got != int64(shop/10) {
		t.Errorf("%d records are not committed, want all %d", got, shop/10)
	}
	two.stop()
	if two.said.has("is left before all of its records have settled") {
		t.Error("it waited for the index in vain")
	}
	two.balanced()
	bank := b.put(spread("bank", 10_000, 500)...)
	until(t, "the other app", func() bool { return s.count() == bank })
	s.refuse("", answer{})
	until(t, "all commits", func() bool { return b.waiting("shop", "bank") == 0 && s.count() == shop+bank })
	one.stop()
	one.balanced()
	if got := one.sum("out_total", "duplicate") + two.sum("out_total", "duplicate"); got != 0 {
		t.Errorf("%v documents were sent again though they were taken", got)
	}
}

// Behind a document that waits for days offsets are not committed, but have to be remembered.
func TestWhatIsTakenBehindADocumentThatWaitsIsBounded(t *testing.T) {
	const most = 1 << 16
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	bad := eventID(0).String()
	s.document = func(_, id, _ string) answer {
		if id == bad {
			return answer{http.StatusInternalServerError, "strange_exception", "strange"}
		}
		return answer{}
	}
	var list []events
	for n := range most + 100 {
		list = append(list, events{app: "shop", first: n, count: 1, doc: func(int) string { return "{}" }})
	}
	n := b.put(list...)
	m := start(t, b, s.server.URL)
	until(t, "as many as may be open", func() bool { return s.count() == most-1 })
	s.set(func(s *script) { s.document = nil })
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 && s.count() == n })
	m.stop()
	m.balanced()
}

// The first word is of who is on call: which index, and why.
func TestWhichIndexWaitsAndWhyIsLogged(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	s.refuse(today("shop"), refusals["its shards are away"].says)
	m := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 10)...)
	until(t, "a warning", func() bool {
		return m.said.has("level=WARN", "takes no documents", today("shop")+": 503 unavailable_shards_exception")
	})
	s.refuse("", answer{})
	until(t, "all documents", func() bool { return s.count() == n })
	until(t, "the good news", func() bool { return m.said.has("level=INFO", "takes documents again", today("shop")) })
	m.stop()
	if got := m.said.count("takes no documents"); got != 1 {
		t.Errorf("warned %d times", got)
	}
}
