package processors_test

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/processors"
)

const stopLimit = 9 * time.Second

// copyStep emits every record under its value.
func copyStep(c *processors.Context) { c.Emit("out", string(c.Record().Value), nil) }

var copySpec = processors.Spec{Group: "copy", Inputs: []string{"in"}, DeadLetter: "dead", Step: copyStep}

func TestAnOutageOnlyPauses(t *testing.T) {
	embeddedOnly(t)
	t.Parallel()
	b := startBroker(t, "in", "out", "dead")
	run(t, b.config(stateDir(t)), copySpec, processors.Deps{Log: testLog(t)})
	b.put(4, inputs("in", 0, 100)...)
	b.untilKeys("out", 100)
	b.refuse("out", kerr.NotLeaderForPartition) // so that emits are under way when it goes down
	b.put(4, inputs("in", 100, 100)...)
	b.down()
	<-time.After(time.Second) // the length of the outage
	b.up()
	b.put(4, inputs("in", 200, 100)...)
	b.untilKeys("out", 300)
}

func TestStopDuringAnOutageIsQuick(t *testing.T) {
	embeddedOnly(t)
	t.Parallel()
	for name, outage := range map[string]func(*broker, *freezer){
		"connections are refused": func(b *broker, _ *freezer) { b.down() },
		"the broker is silent":    func(_ *broker, f *freezer) { f.freeze() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFreezer()
			b := startBrokerWith(t, f, "in", "out", "dead")
			stop := run(t, b.config(stateDir(t)), copySpec, processors.Deps{Log: testLog(t)})
			b.put(4, inputs("in", 0, 10)...)
			b.untilKeys("out", 10)
			b.refuse("out", kerr.NotLeaderForPartition)
			b.put(4, inputs("in", 10, 100)...)
			outage(b, f)
			began := time.Now()
			stop()
			took := time.Since(began)
			t.Logf("stopped after %v", took.Round(time.Millisecond))
			if took > stopLimit {
				t.Errorf("stop took %v", took)
			}
			f.thaw()
		})
	}
}

// freezer makes brokers that fall silent, as under SIGSTOP: their sockets stay open
// and nothing comes.
type freezer struct {
	mu     sync.Mutex
	melted chan struct{} // closed while not frozen
}

func newFreezer() *freezer {
	f := &freezer{melted: make(chan struct{})}
	close(f.melted)
	return f
}

func (f *freezer) freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.melted = make(chan struct{})
}

func (f *freezer) thaw() {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.melted:
	default:
		close(f.melted)
	}
}

func (f *freezer) wait() {
	f.mu.Lock()
	melted := f.melted
	f.mu.Unlock()
	<-melted
}

func (f *freezer) listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	return freezingListener{l, f}, err
}

type freezingListener struct {
	net.Listener
	f *freezer
}

func (l freezingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return freezingConn{c, l.f}, err
}

type freezingConn struct {
	net.Conn
	f *freezer
}

func (c freezingConn) Write(b []byte) (int, error) {
	c.f.wait()
	return c.Conn.Write(b)
}

// startBrokerWith is startBroker with a broker that can be frozen.
func startBrokerWith(t *testing.T, f *freezer, topics ...string) *broker {
	t.Helper()
	t.Cleanup(f.thaw)
	return startBrokers(t, 1, 4, topics, kfake.ListenFn(f.listen))
}

func TestAnIdleProcessorStopsAtOnce(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "in", "out", "dead")
	stop := run(t, b.config(stateDir(t)), copySpec, processors.Deps{Log: testLog(t)})
	b.put(4, inputs("in", 0, 10)...)
	b.untilKeys("out", 10)
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stop took %v with nothing under way", took)
	}
}

func TestRunWaitsForItsTopicsAndRefusesThoseThatDoNotFit(t *testing.T) {
	t.Parallel()
	b := startBrokers(t, 1, 4, []string{"in", "out"})
	waits := make(signal, 1)
	stop := run(t, b.config(stateDir(t)), copySpec, processors.Deps{Log: slog.New(slog.NewTextHandler(waits, nil))})
	b.put(4, inputs("in", 0, 10)...)
	<-waits             // it logs that a topic is missing
	b.remake("dead", 1) // which it was
	b.untilKeys("out", 10)
	stop()

	b.remake("other", 3)
	spec := copySpec
	spec.Inputs = []string{"in", "other"}
	err := processors.Run(t.Context(), b.config(stateDir(t)), spec, processors.Deps{Log: testLog(t)})
	if !errors.Is(err, kafka.ErrMismatch) {
		t.Errorf("Run with inputs of 4 and 3 partitions: %v, want ErrMismatch", err)
	}
}

// signal notes that something was logged.
type signal chan struct{}

func (s signal) Write(line []byte) (int, error) {
	select {
	case s <- struct{}{}:
	default:
	}
	return len(line), nil
}
