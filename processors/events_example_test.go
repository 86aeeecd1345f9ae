package processors_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/examples/requests"
	"github.com/millrace/millrace/processors/tester"
	"github.com/millrace/millrace/schemas/topic"
)

// A processor without a table: it copies events at level error to a topic of its own.
var mirror = processors.Processor{
	Name:  "mirror",
	About: "copies errors to the topic errors",
	Spec: func(*processors.Settings) processors.Spec {
		return processors.Spec{
			Inputs: []string{processors.AppTopics}, Outputs: []string{"errors"}, DeadLetter: topic.DeadLogs,
			Step: func(c *processors.Context) {
				for event := range c.Batch().Events() {
					if level, _ := event.Text("log.level"); string(level) == "error" {
						c.Emit("errors", event.ID(), append([]byte(nil), event.JSON()...))
					}
				}
			},
		}
	},
}

func ExampleContext_Batch() {
	out := tester.New(mirror, nil).Events("shop", "web-1",
		`{"log":{"level":"info"},"message":"all is well"}`,
		`{"log":{"level":"error"},"message":"no stock"}`)
	for _, m := range out.Emits {
		fmt.Printf("%s: %s", m.Topic, m.Value)
	}
	// Output: errors: {"log":{"level":"error"},"message":"no stock"}
}

// A view follows the table of a processor that runs elsewhere.
func ExampleView() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	spec, err := requests.Processor.Make(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	view := processors.NewView(processors.Kafka{Brokers: []string{"kafka-1:9092"}}, spec, slog.Default())
	go func() { _ = view.Run(ctx) }() // returns nil once ctx has ended
	lookUp := func(host string) (requests.Clients, error) {
		value, err := view.Get(host)
		if counted, ok := value.(*processors.Counted[requests.Clients]); ok {
			return counted.Value, nil
		}
		return nil, err // nil and nil: nothing is known of the host
	}
	_, err = lookUp("web-1")
	fmt.Println(err)
	// Output: the table is still being read
}
