package topics

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	// checkEvery is how often the topics are asked for until they could be compared.
	checkEvery = 5 * time.Second
	// checkTimeout bounds one attempt.
	checkTimeout = 10 * time.Second
)

// Check compares the topics that a role uses with what every role needs: one
// partition count (that of the first) and room for our largest record. It waits until
// the topics are there and returns an error, one line for each topic, when work with
// them is impossible; nil otherwise, and when ctx ends.
func Check(ctx context.Context, cfg kafka.Config, log *slog.Logger, names ...string) error {
	specs := make([]kafka.TopicSpec, len(names))
	for i, name := range names {
		specs[i] = kafka.TopicSpec{Name: name, Config: map[string]string{"max.message.bytes": strconv.Itoa(topic.RecordLimit)}}
	}
	for {
		findings, err := attempt(ctx, cfg, specs)
		if err == nil {
			return kafka.Fatal(findings)
		}
		log.Debug("topics cannot be compared yet", "error", err)
		if !sleep.For(ctx, checkEvery) {
			return nil
		}
	}
}

func attempt(ctx context.Context, cfg kafka.Config, specs []kafka.TopicSpec) ([]kafka.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return kafka.CompareTopics(ctx, cfg, specs)
}
