package admin_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/admin"
	"github.com/millrace/millrace/internal/roster"
)

func TestThePipelineShowsWhoIsThereAndWhatTopicsAreNot(t *testing.T) {
	w := start(t, func(c *admin.Config) { c.Topics.Dead *= 2 })
	w.ready()
	place := roster.New(w.cfg.Etcd, "indexer", "web-1:9091", nil)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- place.Run(ctx) }()
	var p struct {
		Roles  []struct{ Role, ID, Metrics, Version string }
		Topics []struct {
			Topic, What, Fix string
			Fatal            bool
		}
	}
	shown := func(want int) {
		t.Helper()
		w.eventually("the roster", func() string {
			w.into(w.want(w.do("GET", "/api/v1/pipeline", ""), 200), &p)
			if len(p.Roles) != want || len(p.Topics) == 0 {
				return fmt.Sprintf("%+v", p)
			}
			return ""
		})
	}
	shown(1)
	if r := p.Roles[0]; r.Role != "indexer" || r.ID != place.Self().ID || r.Metrics != "web-1:9091" || r.Version == "" {
		t.Errorf("shown %+v", r)
	}
	for _, f := range p.Topics {
		if !strings.HasPrefix(f.Topic, "dead.") || !strings.Contains(f.What, "want retention.ms=") || !strings.Contains(f.Fix, "--entity-name "+f.Topic) || f.Fatal {
			t.Errorf("found %+v", f)
		}
	}
	leave()
	if err := <-left; err != nil {
		t.Error(err)
	}
	shown(0)
}
