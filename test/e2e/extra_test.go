package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// Extra processors run inside up, count what passes, show as stages, and answer for
// their tables.
func TestExtraProcessorsRunInsideUp(t *testing.T) {
	if shared != nil {
		t.Skip("up has embedded servers only")
	}
	s := bareSite(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tables := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	up := start(t, "millrace", "up", "--data", s.data, "--http", "127.0.0.1:0", "--host", "e2e", "--allow-paths", s.logs+"/**",
		"--extra", "requests,failures", "--tables", tables)
	s.procs = []*process{up}
	s.ready(up)
	s.api.put("shop-access", s.config("shop", "access.log*", nginx), http.StatusCreated)
	log := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	log.write(1000)
	eventually(t, 60*time.Second, func() error {
		clients, err := clientsOf(tables, "e2e")
		if err != nil {
			return err
		}
		sum := 0
		for _, used := range clients {
			sum += used.Requests
		}
		if sum != log.n {
			return fmt.Errorf("%d requests are counted, want %d", sum, log.n)
		}
		return nil
	})
	eventually(t, 20*time.Second, func() error {
		var p struct {
			Stages []struct {
				Name          string
				Instances, In int
			}
		}
		if status := s.api.get("/api/v1/pipeline", &p); status != http.StatusOK {
			return fmt.Errorf("GET /pipeline: %d", status)
		}
		running := map[string]bool{}
		for _, stage := range p.Stages {
			running[stage.Name] = stage.Instances == 1 && stage.In > 0
		}
		if !running["requests"] || !running["failures"] {
			return fmt.Errorf("stages are %+v", p.Stages)
		}
		return nil
	})
	s.stop()
}

type usage struct{ Requests, Bytes int }

func clientsOf(address, host string) (clients map[string]usage, err error) {
	answer, err := http.Get("http://" + address + "/tables/requests/" + host)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the table answers %s", answer.Status)
	}
	return clients, json.NewDecoder(answer.Body).Decode(&clients)
}
