package indexer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/indexer"
)

func goodConfig() indexer.Config {
	cfg := indexer.Default()
	cfg.Kafka.Brokers = []string{"localhost:9092"}
	cfg.Elastic.Addresses = []string{"http://localhost:9200"}
	return cfg
}

func TestDefaultNeedsOnlyAddresses(t *testing.T) {
	if err := goodConfig().Validate(); err != nil {
		t.Error(err)
	}
	if err := indexer.Default().Validate(); err == nil {
		t.Error("a configuration without addresses is good")
	}
}

func TestValidateNamesEveryBadKey(t *testing.T) {
	for key, spoil := range map[string]func(*indexer.Config){
		"kafka.brokers":           func(c *indexer.Config) { c.Kafka.Brokers = nil },
		"elasticsearch.addresses": func(c *indexer.Config) { c.Elastic.Addresses = nil },
		"group":                   func(c *indexer.Config) { c.Group = "" },
		"retention":               func(c *indexer.Config) { c.Retention = 0 },
		"flush_bytes":             func(c *indexer.Config) { c.FlushBytes = 1 },
		"flush_every":             func(c *indexer.Config) { c.FlushEvery = 0 },
		"in_flight":               func(c *indexer.Config) { c.InFlight = 0 },
		"budget_bytes":            func(c *indexer.Config) { c.BudgetBytes = int64(c.FlushBytes) },
		"gzip":                    func(c *indexer.Config) { c.Gzip = 10 },
		"request_timeout":         func(c *indexer.Config) { c.RequestTimeout = 0 },
		"poll_topics":             func(c *indexer.Config) { c.PollTopics = time.Millisecond },
		"session_timeout":         func(c *indexer.Config) { c.SessionTimeout = time.Second },
	} {
		t.Run(key, func(t *testing.T) {
			cfg := goodConfig()
			spoil(&cfg)
			err := cfg.Validate()
			if err == nil || !strings.HasPrefix(err.Error(), key+":") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one problem that begins with %s:", err, key)
			}
			if _, err := indexer.New(cfg, indexer.Deps{}); err == nil {
				t.Error("New takes a bad configuration")
			}
		})
	}
}
