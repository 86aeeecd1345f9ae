package process

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/standalone/kafkad"
)

func TestARoleIsReadyWhileItsServersAnswer(t *testing.T) {
	server, err := kafkad.Start(kafkad.Config{Dir: t.TempDir(), User: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	asked := 0
	kafka := &reach{reachedFor: time.Hour, probe: func(ctx context.Context) error {
		asked++
		return server.Kafka().Probe(ctx)
	}}
	health := &obs.Health{}
	health.Add("kafka", kafka.check)
	for range 20 {
		if report := health.Check(t.Context()); !report.Ready {
			t.Fatalf("%+v", report)
		}
	}
	if asked != 1 {
		t.Errorf("20 questions cost %d log-ins", asked)
	}
	server.Close()
	kafka.until = time.Now() // the hour is over
	await.NoError(t, 30*time.Second, func() error {
		if health.Check(t.Context()).Ready {
			return errors.New("it is ready without its server")
		}
		return nil
	})
	if asked < 2 {
		t.Error("nobody was asked again")
	}
}

// What asks for /readyz waits a second, as a rule, and a log-in may take longer.
func TestWhoGivesUpSpoilsTheAnswerOfNoOther(t *testing.T) {
	health := &obs.Health{}
	Reach(health, "kafka", func(ctx context.Context) error { return ctx.Err() })
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	health.Check(ctx)
	if report := health.Check(t.Context()); !report.Ready {
		t.Errorf("%+v", report)
	}
}
