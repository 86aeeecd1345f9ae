package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func (s *site) config(app, glob, pipeline string) string {
	return fmt.Sprintf(`{"app":%q,"env":"prod","select":{"hosts":["*"],"labels":{}},"paths":[%q],"exclude":["*.gz"],"start":"beginning","pipeline":%s}`,
		app, filepath.Join(s.logs, glob), pipeline)
}

const nginx = `[{"format":"nginx.access"}]`

func TestEveryLineIsInTheIndexOnceThroughKill9AndRotation(t *testing.T) {
	kills := 1
	if n, err := strconv.Atoi(os.Getenv("MILLRACE_E2E_KILLS")); err == nil {
		kills = n
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d kills", seed, kills)
	random := rand.New(rand.NewPCG(seed, 0))

	s := newSite(t)
	s.api.put("shop-access", s.config("shop", "access.log*", nginx), http.StatusCreated)
	log := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	total, chunks := lines(4000), 40
	crashes := map[int]bool{}
	for len(crashes) < kills {
		crashes[random.IntN(chunks)] = true
	}
	for chunk := range chunks {
		log.write(total / chunks / 2)
		if chunk%13 == 7 {
			log.rotate()
		}
		if crashes[chunk] {
			s.kill()
			log.write(total / chunks / 2)
			if chunk%2 == 0 {
				log.rotate() // while nobody looks
			}
			s.up()
		} else {
			log.write(total / chunks / 2)
		}
	}
	began := time.Now()
	page := s.api.waitTotal("shop", log.n, 60*time.Second)
	t.Logf("all %d lines searchable %s after the last", log.n, time.Since(began).Round(time.Millisecond))
	checkOnce(t, s.api.all("shop"), log.n)
	checkFields(t, page.Hits[0], s.logs)
	checkHosts(t, s.api, log.n)
	s.stop()
}

func checkFields(t *testing.T, h hit, logs string) {
	t.Helper()
	for _, path := range []string{
		"@timestamp", "message", "source.ip", "http.request.method", "http.response.status_code", "http.response.body.bytes", "url.original",
		"user_agent.original", "log.file.path", "log.offset", "host.name", "service.name", "millrace.revision",
	} {
		if h.field(path) == nil {
			t.Errorf("no %s in %v", path, h.Event)
		}
	}
	if got := h.field("host.name"); got != "e2e" {
		t.Errorf("host.name is %v", got)
	}
	if got, _ := h.field("log.file.path").(string); !strings.HasPrefix(got, logs) {
		t.Errorf("log.file.path is %v", got)
	}
	if got, _ := h.field("@timestamp").(string); !strings.HasPrefix(got, "20") {
		t.Errorf("@timestamp is %v", got)
	}
}

// hosts is the answer of GET /hosts.
type hosts struct {
	Hosts []struct {
		Host     string    `json:"host"`
		LastSeen time.Time `json:"last_seen"`
		Apps     map[string]struct {
			Lines  int     `json:"lines"`
			Bytes  int     `json:"bytes"`
			Rate1m float64 `json:"rate_1m"`
		} `json:"apps"`
	} `json:"hosts"`
}

// checkHosts waits until the host table has counted each line once.
func checkHosts(t *testing.T, a api, want int) {
	t.Helper()
	eventually(t, 20*time.Second, func() error {
		var h hosts
		if status := a.get("/api/v1/hosts", &h); status != http.StatusOK {
			return fmt.Errorf("GET /hosts: %d", status)
		}
		if len(h.Hosts) != 1 || h.Hosts[0].Host != "e2e" {
			return fmt.Errorf("hosts are %+v", h)
		}
		shop := h.Hosts[0].Apps["shop"]
		if shop.Lines != want || shop.Bytes == 0 || shop.Rate1m <= 0 {
			return fmt.Errorf("the host table has %+v, want %d lines", shop, want)
		}
		return nil
	})
}

func TestLosingTheAgentsStateRepeatsNothing(t *testing.T) {
	s := newSite(t)
	s.api.put("shop-access", s.config("shop", "access.log*", nginx), http.StatusCreated)
	log := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	part := lines(3000) / 3
	log.write(part)
	s.api.waitTotal("shop", log.n, 60*time.Second)
	log.truncate()
	log.write(part)
	s.api.waitTotal("shop", log.n, 60*time.Second)
	s.kill()
	if err := os.RemoveAll(filepath.Join(s.data, "agent")); err != nil {
		t.Fatal(err)
	}
	s.up()
	log.write(part)
	s.api.waitTotal("shop", log.n, 60*time.Second)
	checkOnce(t, s.api.all("shop"), log.n)
	s.stop()
}

func TestCollectionsAreFollowedLive(t *testing.T) {
	s := newSite(t)
	log := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	log.write(10)

	began := time.Now()
	s.api.put("shop-access", s.config("shop", "access.log", nginx), http.StatusCreated)
	s.api.waitTotal("shop", 10, 20*time.Second)
	t.Logf("first lines searchable %s after the PUT", time.Since(began).Round(time.Millisecond))

	bad := s.api.put("shop-access", `{"app":"shop","paths":["`+s.logs+`/[a"],"colour":"red","pipeline":[{"format":"nginx.acess"},{"set":{"field":"a","value":"b","if":"1 +"}}]}`, 422)
	mustContain(t, bad, "paths[0]", "colour", "pipeline[0]", "nginx.access", "pipeline[1]")
	log.write(10)
	first := s.api.waitTotal("shop", 20, 20*time.Second)

	edited := strings.Replace(nginx, `]`, `,{"set":{"field":"labels.edition","value":"second"}}]`, 1)
	s.api.put("shop-access", s.config("shop", "access.log", edited), http.StatusOK)
	eventually(t, 20*time.Second, func() error { // until the agent reads under the new revision
		log.write(1)
		p := s.api.waitTotal("shop", log.n, 20*time.Second)
		if p.Hits[0].field("labels.edition") != "second" {
			return fmt.Errorf("the newest line is still of the old revision")
		}
		return nil
	})
	old := first.Hits[0].field("millrace.revision")
	switched := false
	for _, h := range s.api.all("shop") {
		second := h.field("labels.edition") == "second"
		if isNew := h.field("millrace.revision") != old; isNew != second {
			t.Fatalf("an event is half of one revision and half of the other: %v", h.Event)
		}
		switched = switched || second
	}
	if !switched {
		t.Error("no event of the new revision")
	}
	status, _ := s.api.do(http.MethodDelete, "/api/v1/collections/shop-access", "")
	if status != http.StatusNoContent {
		t.Errorf("DELETE: %d", status)
	}
	s.stop()
}

func TestSearchFiltersByTextAndField(t *testing.T) {
	s := newSite(t)
	s.api.put("shop-access", s.config("shop", "access.log", nginx), http.StatusCreated)
	log := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	log.write(300)
	s.api.waitTotal("shop", 300, 30*time.Second)
	for query, want := range map[string]int{
		"http.response.status_code:200":   100,
		"http.response.status_code:>=300": 200,
		`"/item/17"`:                      1,
		"source.ip:203.0.113.1 AND NOT http.response.status_code:200": 1,
	} {
		if p := s.api.search(url.Values{"app": {"shop"}, "q": {query}}); p.Total != want {
			t.Errorf("%s: %d hits, want %d", query, p.Total, want)
		}
	}
	status, body := s.api.do(http.MethodGet, "/api/v1/search?q="+url.QueryEscape("a:("), "")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("a broken query: %d %s", status, body)
	}
}
