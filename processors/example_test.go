package processors_test

import (
	"context"
	"fmt"
	"os"

	"github.com/lovoo/goka/codec"

	"github.com/millrace/millrace/processors"
)

// greet remembers the last visitor of each door and tells of the one before.
var greet = processors.Spec{
	Group:      "greet",
	Inputs:     []string{"visits"},
	Table:      new(codec.String),
	DeadLetter: "dead.visits",
	Step: func(c *processors.Context) {
		visitor := string(c.Record().Value)
		if visitor == "" {
			c.DeadLetter("nobody", "a visit without a visitor")
			return
		}
		last, _ := c.Value().(string)
		c.SetValue(visitor)
		c.Emit("greetings", c.Record().Key, fmt.Appendf(nil, "hello %s, after %q", visitor, last))
	},
}

// A processor is a spec given to Run; its step is tried out without Kafka.
func ExampleTry() {
	record := processors.Record{Topic: "visits", Key: "front door", Value: []byte("Ada")}
	out := processors.Try(context.Background(), greet, record, "Grace")
	fmt.Printf("%s: %s\n", out.Emits[0].Topic, out.Emits[0].Value)
	fmt.Println("table:", out.Value)

	record.Value = nil
	out = processors.Try(context.Background(), greet, record, nil)
	for _, h := range out.Letters[0].Headers {
		fmt.Printf("%s=%s\n", h.Key, h.Value)
	}
	// Output:
	// greetings: hello Ada, after "Grace"
	// table: Ada
	// reason=nobody
	// origin=visits/0/0
	// cause=a visit without a visitor
}

func ExampleRun() {
	cfg := processors.DefaultConfig()
	cfg.Kafka.Brokers = []string{"kafka-1:9092", "kafka-2:9092"}
	cfg.Kafka.SASL.Mechanism, cfg.Kafka.SASL.User = "SCRAM-SHA-256", "greeter"
	cfg.Kafka.SASL.Password = processors.Secret(os.Getenv("KAFKA_PASSWORD"))
	cfg.StateDir = "/var/lib/millrace"
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if err := processors.Run(ctx, cfg, greet, processors.Deps{}); err != nil {
		fmt.Println(err)
	}
}
