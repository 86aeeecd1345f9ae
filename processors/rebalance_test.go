package processors_test

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/test/servers"
)

// gokaStall is what goka sleeps after every session.
const gokaStall = 5 * time.Second

// trickle writes a record every 10 ms until stop is called; count is how many there are.
func trickle(t *testing.T, b *broker) (stop func(), count func() int) {
	t.Helper()
	quit, done := make(chan struct{}), make(chan struct{})
	var n atomic.Int64
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				b.put(4, inputs("in", int(n.Add(1)-1), 1)...)
			}
		}
	}()
	stop = sync.OnceFunc(func() { close(quit); <-done })
	t.Cleanup(stop)
	return stop, func() int { return int(n.Load()) }
}

// flowSpec copies; the header says which instance did it.
func flowSpec(instance string) processors.Spec {
	return processors.Spec{
		Group: "flow", Inputs: []string{"in"}, DeadLetter: "dead",
		Step: func(c *processors.Context) { c.Emit("out", string(c.Record().Value), []byte(instance)) },
	}
}

func init() { childSpecs["flow"] = flowSpec("child") }

// flow is instance a on a stream of records, and the time that others take from it.
type flow struct {
	t     *testing.T
	b     *broker
	dir   string
	stop  func()
	count func() int
}

func startFlow(t *testing.T) *flow {
	t.Helper()
	b := startBroker(t, "in", "out", "dead")
	f := &flow{t: t, b: b, dir: stateDir(t)}
	f.start("a")
	b.put(4, inputs("in", -10, 10)...)
	b.untilKeys("out", 10) // only what comes later is measured
	f.stop, f.count = trickle(t, b)
	b.untilKeys("out", 50)
	return f
}

func (f *flow) start(instance string) (stop func()) {
	cfg := f.b.config(f.dir)
	cfg.Instance, cfg.SessionTimeout = instance, sessionTimeout()
	return run(f.t, cfg, flowSpec(instance), processors.Deps{})
}

// awaits waits until an instance has copied one of the records written from now on.
func (f *flow) awaits(instance string) {
	f.t.Helper()
	from := f.count()
	f.b.until("out", func(rs []*kgo.Record) bool {
		return slices.ContainsFunc(rs, func(r *kgo.Record) bool { return number(r.Key) >= from && string(r.Value) == instance })
	})
}

// stall is the longest delay of any record written while change ran, and until every
// record of that time has come out.
func (f *flow) stall(what string, change func()) time.Duration {
	f.t.Helper()
	from := f.count()
	change()
	until := f.count() + 20
	f.b.until("in", func(rs []*kgo.Record) bool { return len(rs) >= until+10 })
	out := f.b.until("out", func(rs []*kgo.Record) bool { // those of later records do not count
		keys := keysOf(rs)
		for i := from; i < until; i++ {
			if keys[strconv.Itoa(i)] == 0 {
				return false
			}
		}
		return true
	})
	in := f.b.records("in")
	in = slices.DeleteFunc(slices.Clone(in), func(r *kgo.Record) bool { n := number(r.Value); return n < from || n >= until })
	worst := longestDelay(in, out)
	f.t.Logf("%s: the longest delay of %d records is %v", what, len(in), worst.Round(10*time.Millisecond))
	return worst
}

func number(b []byte) int {
	n, _ := strconv.Atoi(string(b))
	return n
}

func TestRecordsFlowWhileInstancesJoinAndLeave(t *testing.T) {
	t.Parallel()
	f := startFlow(t)
	var leave func()
	join := f.stall("an instance joins", func() {
		leave = f.start("b")
		f.awaits("b")
	})
	left := f.stall("it leaves", leave)
	f.stop()
	if join >= gokaStall-time.Second || left >= gokaStall-time.Second {
		t.Errorf("records were delayed by %v and %v", join, left)
	}
}

// The partitions of an instance that was killed wait for the session timeout, which is 2 s
// here and 10 s by default (MILLRACE_REAL_SESSION=10s).
func TestTheOthersTakeOverFromAKilledInstance(t *testing.T) {
	t.Parallel()
	f := startFlow(t)
	kill := startChild(t, f.b, "flow", stateDir(t))
	f.awaits("child")
	stall := f.stall("kill -9 of an instance", kill)
	f.stop()
	if most := sessionTimeout() + gokaStall; stall >= most {
		t.Errorf("a record was delayed by %v", stall)
	}
}

// A static member that comes back before its session has ended gets its partitions again
// and nobody else stops; its own records wait for as long as it is away.
func TestAStaticMemberComesBackWithoutARebalance(t *testing.T) {
	t.Parallel()
	if !servers.Wanted() {
		t.Skip("skipped: the embedded broker has no static members")
	}
	const static = childEnv + "_STATIC=one"
	f := startFlow(t)
	kill := startChild(t, f.b, "flow", stateDir(t), static)
	f.awaits("child")
	f.stall("kill -9 of a static member that comes back at once", func() {
		kill()
		kill = startChild(t, f.b, "flow", stateDir(t), static)
		f.awaits("child")
	})
	f.stop()
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
