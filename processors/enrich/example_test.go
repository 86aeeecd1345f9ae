package enrich_test

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich"
)

func ExampleRun() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cfg := enrich.Default()
	cfg.Kafka.Brokers = []string{"kafka-1:9092", "kafka-2:9092"}
	cfg.Etcd.Endpoints = []string{"etcd-1:2379"}
	cfg.StateDir = "/var/lib/millrace/processor"
	if err := enrich.Run(ctx, cfg, processors.Deps{}); err != nil {
		panic(err)
	}
}
