package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every role of `up` tells of itself, and the agent answers when it is asked.
func TestEveryStageTellsWhatPassedIt(t *testing.T) {
	s := newSite(t)
	s.api.put("shop-access", s.config("shop", "access.log", nginx), http.StatusCreated)
	line := `203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /item/7 HTTP/1.1" 200 512 "-" "curl/8.0"` + "\n"
	if err := os.WriteFile(filepath.Join(s.logs, "access.log"), []byte(strings.Repeat(line, 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	var pipeline struct {
		Stages []struct {
			Name         string
			Instances    int
			In, Out      int
			DeadLettered map[string]int `json:"dead_lettered"`
			LagRecords   int            `json:"lag_records"`
		}
	}
	deadline, said := time.Now().Add(60*time.Second), ""
	for {
		s.api.get("/api/v1/pipeline", &pipeline)
		done := len(pipeline.Stages) == 5
		for _, stage := range pipeline.Stages {
			events := stage.Name == "agent" || stage.Name == "enrich" || stage.Name == "indexer"
			done = done && stage.Instances == 1 && (!events || stage.In == 100 && stage.Out == 100) && len(stage.DeadLettered) == 0 && (stage.Name == "fleet" || stage.LagRecords == 0)
		}
		if said = fmt.Sprintf("%+v", pipeline.Stages); done {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(said)
		}
		time.Sleep(200 * time.Millisecond)
	}
	var list struct{ Agents []struct{ ID string } }
	if s.api.get("/api/v1/agents", &list); len(list.Agents) != 1 {
		t.Fatalf("agents %+v", list)
	}
	var agent struct {
		Complete bool
		Sources  []struct {
			Path         string
			Size, Offset int
			Rate         float64
		}
	}
	s.api.get("/api/v1/agents/"+url.PathEscape(list.Agents[0].ID), &agent)
	if !agent.Complete || len(agent.Sources) != 1 || agent.Sources[0].Size != 100*len(line) || agent.Sources[0].Offset != 100*len(line) {
		t.Errorf("the agent tells %+v", agent)
	}
}
