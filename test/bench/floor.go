package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/IBM/sarama"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/settings"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

// floorCmd produces records as the fleet's agents do, each through a client of its own
// and as often, and does nothing else: no agent that uses this client can be cheaper.
type floorCmd struct {
	Config string `required:""`
	Hosts  int    `required:""`
	Files  int    `required:""`
}

func (c *floorCmd) run(ctx context.Context) error {
	var cfg struct {
		Kafka kafka.Config `koanf:"kafka"`
	}
	if err := (settings.Source{File: c.Config}).Load("bench", &cfg); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return profileWarm(ctx) })
	for i := range c.Hosts {
		group.Go(func() error { return produceBare(ctx, cfg.Kafka, hostName(i), c.Files) })
	}
	fmt.Println("started")
	return group.Wait()
}

// produceBare produces a record whenever an agent would close one, until ctx ends.
func produceBare(ctx context.Context, cfg kafka.Config, host string, files int) error {
	conf, err := cfg.Sarama()
	if err != nil {
		return err
	}
	producer, err := sarama.NewAsyncProducer(cfg.Brokers, conf)
	if err != nil {
		return err
	}
	time.Sleep(rand.N(record.Linger)) // hosts do not beat in time
	tick := time.NewTicker(record.Linger)
	defer tick.Stop()
	for seq := uint64(1); ; seq++ {
		select {
		case <-ctx.Done():
			return producer.Close()
		case err := <-producer.Errors():
			return err
		case <-tick.C:
		}
		producer.Input() <- newRecord(host, "all", seq, revision.ID{}, files, appendLine)
		select {
		case <-producer.Successes():
		case err := <-producer.Errors():
			return err
		}
	}
}

// floor measures what the fleet's records cost without agents.
func (w *world) floor(ctx context.Context) (row, error) {
	self, err := os.Executable()
	if err != nil {
		return row{}, err
	}
	if err := w.o.profile("floor"); err != nil {
		return row{}, err
	}
	lines := float64(w.o.Hosts*linesPerRecord*w.o.Seconds) / record.Linger.Seconds()
	fmt.Fprintf(os.Stderr, "floor: %.0f lines…\n", lines)
	p, err := w.many(ctx, self, "floor", "--files", fmt.Sprint(w.o.Files))
	if err != nil {
		return row{}, err
	}
	if err := wait(ctx, warmUp); err != nil {
		return row{}, err
	}
	before, err := p.usage()
	if err != nil {
		return row{}, err
	}
	began := time.Now()
	if err := wait(ctx, time.Duration(w.o.Seconds)*time.Second); err != nil {
		return row{}, err
	}
	after, err := p.usage()
	after.cpu -= before.cpu
	return row{stage: "floor", lines: int(lines), wall: time.Since(began), cost: after}, err
}

// wait waits so long, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
