package program

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/schemas/topic"
)

func TestAProcessorWithWrongTopicsWaitsAndTheOthersGoOn(t *testing.T) {
	b := testbed.Start(t, "in", "out", topic.DeadLogs, topic.Stages, topic.TableOf("wrong")) // a table that is not compacted
	copying := func(group string) processors.Spec {
		return processors.Spec{Group: group, Inputs: []string{"in"}, DeadLetter: topic.DeadLogs, Step: func(c *processors.Context) {
			c.Emit("out", group+" "+string(c.Record().Value), nil)
		}}
	}
	wrong := copying("wrong")
	wrong.Table = processors.JSON[int]()
	cfg := Config{Config: b.Config(t.TempDir())}
	b.Run(func(ctx context.Context) error {
		return Run(ctx, cfg, []processors.Spec{wrong, copying("right")}, processors.Deps{})
	})
	b.Put(&kgo.Record{Topic: "in", Key: []byte("web-1"), Value: []byte("1")})
	b.Await("out", 1)
	b.Remake(kafka.TopicSpec{Name: topic.TableOf("wrong"), Partitions: testbed.Partitions, Replication: 1, Config: map[string]string{"cleanup.policy": "compact"}})
	copied := map[string]bool{}
	for _, r := range b.Await("out", 2) {
		copied[string(r.Key)] = true
	}
	if !copied["right 1"] || !copied["wrong 1"] {
		t.Errorf("copied: %v", copied)
	}
}
