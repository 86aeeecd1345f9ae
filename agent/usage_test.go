package agent_test

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/millrace/millrace/agent"
	"github.com/millrace/millrace/schemas/status"
)

// A limit of the CPU only delays: everything arrives, and the beat says for how long
// reading has waited.
func TestALimitOfTheCPUDelaysAndDropsNothing(t *testing.T) {
	b := newBench(t)
	b.cfg.CPULimit = 0.01 // the process of the test takes more
	b.collect("c", nil, "*.log")
	b.start()
	var lines []string
	for round := range 4 {
		more := numbered("line", 500*round, 500)
		lines = append(lines, more...)
		b.append("app.log", joined(more))
		b.arrived(lines)
	}
	beat := b.beat(func(a *status.Agent) bool { return a.Usage != nil && a.Usage.DelayedMillis > 0 })
	u := beat.Usage
	if u.CPULimit != 0.01 || u.CPUMillis == 0 || u.MemoryLimit != b.cfg.MemoryLimit || u.MemoryBytes < 1<<20 {
		t.Errorf("usage %+v", u)
	}
	if beat.Totals.Gaps != 0 || beat.Totals.SkippedLines != 0 {
		t.Errorf("totals %+v", beat.Totals)
	}
}

func TestAnAgentInAProcessOfOthersTellsNothingOfIt(t *testing.T) {
	b := newBench(t)
	b.cfg.CPULimit, b.cfg.Shared = 0.01, true
	b.collect("c", nil, "*.log")
	b.append("app.log", "one\n")
	b.start()
	b.arrived([]string{"one"})
	if beat := b.beat(func(a *status.Agent) bool { return a.Totals.LinesShipped == 1 }); beat.Usage != nil {
		t.Errorf("%+v", beat.Usage)
	}
}

func TestConfineSetsWhatTheEnvironmentDoesNot(t *testing.T) {
	cores, memory, growth := runtime.GOMAXPROCS(0), debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(cores)
		debug.SetGCPercent(growth)
		debug.SetMemoryLimit(memory)
	})
	c := agent.Default()
	c.CPULimit = 0.2
	t.Setenv("GOMEMLIMIT", "1GiB")
	t.Setenv("GOMAXPROCS", "2")
	t.Setenv("GOGC", "100")
	agent.Confine(c)
	if runtime.GOMAXPROCS(0) != cores || debug.SetMemoryLimit(-1) != memory || debug.SetGCPercent(100) != 100 {
		t.Error("the environment does not count")
	}
	for _, name := range []string{"GOMEMLIMIT", "GOMAXPROCS", "GOGC"} {
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	agent.Confine(c)
	if got := runtime.GOMAXPROCS(0); got != 1 {
		t.Errorf("%d threads for a fifth of a core", got)
	}
	if got := debug.SetMemoryLimit(-1); got != c.MemoryLimit {
		t.Errorf("a memory limit of %d, not %d", got, c.MemoryLimit)
	}
	if got := debug.SetGCPercent(100); got != 200 {
		t.Errorf("the heap may grow by %d %%", got)
	}
}

func TestLimitsOfTheProcessAreChecked(t *testing.T) {
	for name, change := range map[string]struct {
		set  func(*agent.Config)
		want string
	}{
		"less memory than the program needs":      {func(c *agent.Config) { c.MemoryLimit = 1 << 20 }, "memory_limit"},
		"less than a few records under way":       {func(c *agent.Config) { c.UnackedBytes = 1000 }, "unacked_bytes"},
		"a negative part of a core":               {func(c *agent.Config) { c.CPULimit = -1 }, "cpu_limit"},
		"so little of a core that nothing moves":  {func(c *agent.Config) { c.CPULimit = 0.001 }, "cpu_limit"},
		"no number of cores":                      {func(c *agent.Config) { c.CPULimit = math.NaN() }, "cpu_limit"},
		"no limit of the CPU is none":             {func(c *agent.Config) { c.CPULimit = 0 }, ""},
		"a fifth of a core and 32 MiB are enough": {func(c *agent.Config) { c.CPULimit, c.MemoryLimit = 0.2, 32<<20 }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := agent.Default()
			c.Host, c.Kafka.Brokers, c.Etcd.Endpoints = "h", []string{"k:9092"}, []string{"http://e:2379"}
			change.set(&c)
			err := c.Validate()
			if change.want == "" && err != nil || change.want != "" && (err == nil || !strings.HasPrefix(err.Error(), change.want+": ")) {
				t.Errorf("%v", err)
			}
		})
	}
}
