package tester_test

import (
	"fmt"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/tester"
)

// slow counts the slow requests of each app, and tells of each batch that had any.
var slow = processors.Processor{
	Name:  "slow",
	About: "counts slow requests",
	Spec: func(s *processors.Settings) processors.Spec {
		least := s.Duration("least", 1e9).Nanoseconds()
		return processors.Count(func(apps *map[string]int, b *processors.Batch) {
			for event := range b.Events() {
				if took, ok := event.Int("event.duration"); ok && took >= least {
					(*apps)[b.App]++
				}
			}
		}, func(c *processors.Context, apps *map[string]int, b *processors.Batch) {
			c.Emit("slow", b.ID(), fmt.Appendf(nil, "%s: %d slow so far", b.Host, (*apps)[b.App]))
		})
	},
}

// A tester feeds a processor with events and keeps its table; Again shows that a record
// which Kafka delivers twice is counted once.
func Example() {
	p := tester.New(slow, map[string]string{"least": "2s"})
	out := p.Events("shop", "web-1", `{"event":{"duration":2500000000}}`, `{"event":{"duration":1000}}`)
	fmt.Printf("%s: %s\n", out.Emits[0].Topic, out.Emits[0].Value)

	p.Events("api", "web-1", `{"event":{"duration":3000000000}}`)
	p.Again()
	fmt.Println("table:", tester.Counted[map[string]int](p, "web-1"))

	out = p.Record(processors.Record{Topic: "logs.shop", Key: "web-1", Value: []byte("not from enrich")})
	fmt.Printf("%s: %s\n", out.Letters[0].Topic, out.Letters[0].Reason)
	// Output:
	// slow: web-1: 1 slow so far
	// table: map[api:1 shop:1]
	// dead.logs: bad_batch
}
