package agent

import (
	"os"
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"

	"github.com/millrace/millrace/agent/internal/tail"
	"github.com/millrace/millrace/schemas/status"
)

// unackedShare is the part of the memory limit that may be read and not yet
// acknowledged. The rest is for sarama's copies of it, buffers to read into, what is
// known of the files, and the collector.
const unackedShare = 6

// heapGrowth is how much the heap may grow between two collections, in percent, as long
// as the process stays below its memory limit: twice Go's default, for a tenth less CPU
// where much is written, and 20 MB more there.
const heapGrowth = 200

// unacked is how many bytes may be read and not yet acknowledged.
func (c *Config) unacked() int {
	if c.UnackedBytes > 0 {
		return c.UnackedBytes
	}
	return int(c.MemoryLimit / unackedShare)
}

// Confine holds the whole process to the limits of an agent that is alone in it: the Go
// runtime's soft memory limit, and as many threads at work as cpu_limit has cores, at
// least one. Below the memory limit the heap is collected half as often as Go would. What
// the environment says by GOMEMLIMIT, GOMAXPROCS and GOGC stays.
func Confine(c Config) {
	if _, said := os.LookupEnv("GOMEMLIMIT"); !said {
		debug.SetMemoryLimit(c.MemoryLimit)
	}
	if _, said := os.LookupEnv("GOGC"); !said {
		debug.SetGCPercent(heapGrowth)
	}
	if _, said := os.LookupEnv("GOMAXPROCS"); !said && c.CPULimit > 0 {
		cores := int(c.CPULimit)
		if c.CPULimit > float64(cores) {
			cores++
		}
		runtime.GOMAXPROCS(min(cores, runtime.GOMAXPROCS(0)))
	}
}

// cores is how many cores the process may take; 0: any.
func (c *Config) cores() float64 {
	if c.Shared {
		return 0
	}
	return c.CPULimit
}

// usage is what the process takes, beside what it may; nil if it is not the agent's alone.
func (c *Config) usage(s *tail.Status) *status.Usage {
	if c.Shared {
		return nil
	}
	samples := []runtimemetrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	runtimemetrics.Read(samples)
	return &status.Usage{
		MemoryBytes: int64(samples[0].Value.Uint64() - samples[1].Value.Uint64()), MemoryLimit: c.MemoryLimit,
		CPUMillis: s.CPU.Milliseconds(), CPULimit: c.CPULimit, DelayedMillis: s.Delayed.Milliseconds(),
	}
}
