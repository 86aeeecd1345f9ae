package indexer_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/indexer"
)

// An indexer runs until its context ends; it waits for Kafka and the store by itself.
func Example() {
	cfg := indexer.Default()
	cfg.Kafka.Brokers = []string{"kafka1:9092", "kafka2:9092"}
	cfg.Elastic.Addresses = []string{"https://es1:9200"}
	cfg.Elastic.APIKeyFile = "/etc/millrace/es.key"

	x, err := indexer.New(cfg, indexer.Deps{Log: slog.Default(), Registry: prometheus.DefaultRegisterer})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := x.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
