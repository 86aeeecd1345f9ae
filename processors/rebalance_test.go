package processors_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/processors"
)

// gokaStall is what goka sleeps after every session.
const gokaStall = 5 * time.Second

// trickle writes a record every 10 ms until stop is called, which returns how many.
func trickle(t *testing.T, b *broker) (stop func() int) {
	t.Helper()
	quit, n := make(chan struct{}), make(chan int)
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-quit:
				n <- i
				return
			case <-tick.C:
				b.put(4, inputs("in", i, 1)...)
			}
		}
	}()
	var once sync.Once
	count := 0
	stop = func() int {
		once.Do(func() { close(quit); count = <-n })
		return count
	}
	t.Cleanup(func() { stop() })
	return stop
}

func TestRecordsFlowWhileInstancesJoinAndLeave(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "in", "out", "dead")
	var mu sync.Mutex
	stepped := map[string]int{}
	spec := func(instance string) processors.Spec {
		return processors.Spec{
			Group: "flow", Inputs: []string{"in"}, DeadLetter: "dead",
			Step: func(c *processors.Context) {
				mu.Lock()
				stepped[instance]++
				mu.Unlock()
				c.Emit("out", string(c.Record().Value), nil)
			},
		}
	}
	dir := stateDir(t)
	start := func(instance string) func() {
		cfg := b.config(dir)
		cfg.Instance = instance
		return run(t, cfg, spec(instance), processors.Deps{})
	}
	count := func(instance string) int {
		mu.Lock()
		defer mu.Unlock()
		return stepped[instance]
	}
	start("a")
	b.put(4, inputs("in", -10, 10)...)
	b.untilKeys("out", 10) // only what comes later is measured
	stop := trickle(t, b)
	b.untilKeys("out", 50)
	stopB := start("b")
	eventually(t, "b works", func() bool { return count("b") > 20 })
	stopB()
	after := count("a")
	eventually(t, "a works alone again", func() bool { return count("a") > after+100 })
	n := stop()
	out := b.untilKeys("out", n+10)

	worst := longestDelay(b.until("in", func(rs []*kgo.Record) bool { return len(rs) >= n+10 }), out)
	t.Logf("longest delay of %d records over a join and a leave: %v", n, worst.Round(time.Millisecond))
	if worst >= gokaStall-time.Second {
		t.Errorf("a record was delayed by %v", worst)
	}
}

// longestDelay is the longest time between a record and the first with its value as key.
func longestDelay(in, out []*kgo.Record) time.Duration {
	first := map[string]time.Time{}
	for _, r := range out {
		if _, ok := first[string(r.Key)]; !ok {
			first[string(r.Key)] = r.Timestamp
		}
	}
	var worst time.Duration
	for _, r := range in {
		if i, _ := strconv.Atoi(string(r.Value)); i >= 0 {
			worst = max(worst, first[string(r.Value)].Sub(r.Timestamp))
		}
	}
	return worst
}
