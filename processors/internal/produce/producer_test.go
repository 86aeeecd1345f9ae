package produce

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/kafka/franz"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// the meters of sarama, which reads here, tick for ever
		goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// waitAtMost is how long a test waits for something that must happen.
const waitAtMost = 20 * time.Second

// rig is a producer at an embedded Kafka.
type rig struct {
	t       *testing.T
	cluster *kfake.Cluster
	p       *Producer
	dialer  *kafka.Dialer
	clock   atomic.Int64 // added to the producer's time
	names   map[[16]byte]string
	code    map[string]int16 // errors to answer produce requests with, by topic
	mu      sync.Mutex       // guards code
	done    chan string      // what Done was called with, "key" or "key given up"
	produce atomic.Int64     // produce requests seen
	fresh   chan struct{}    // one note: a request was seen
	// complaints has a note for each message that is sent again
	complaints chan struct{}
}

func newRig(t *testing.T, topics ...string) *rig {
	t.Helper()
	return newRigWith(t, slog.New(slog.DiscardHandler), nil, topics...)
}

// newRigWith is newRig with a log and more settings of the client.
func newRigWith(t *testing.T, log *slog.Logger, more []kgo.Opt, topics ...string) *rig {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	r := &rig{
		t: t, cluster: c, dialer: kafka.NewDialer(), names: map[[16]byte]string{}, code: map[string]int16{},
		done: make(chan string, 2*maxRecords), fresh: make(chan struct{}, 1), complaints: make(chan struct{}, 1),
	}
	for _, name := range topics {
		r.names[c.TopicInfo(name).TopicID] = name
	}
	client, err := franz.Options(kafka.Config{Brokers: c.ListenAddrs()}, r.dialer)
	if err != nil {
		t.Fatal(err)
	}
	r.p = New(Config{Client: append(client, more...), Table: "table", Log: log, Resent: func() { notify(r.complaints) }})
	r.p.now = func() time.Time { return time.Now().Add(time.Duration(r.clock.Load())) }
	c.ControlKey(int16(kmsg.Produce), r.control)
	if err := r.p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.dialer.Kill()
		if err := r.p.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// control answers a produce request with errors if that is wanted for any of its topics.
func (r *rig) control(kreq kmsg.Request) (kmsg.Response, error, bool) {
	r.cluster.KeepControl()
	r.produce.Add(1)
	select {
	case r.fresh <- struct{}{}:
	default:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	req := kreq.(*kmsg.ProduceRequest)
	resp := req.ResponseKind().(*kmsg.ProduceResponse)
	fails := false
	for _, t := range req.Topics {
		rt := kmsg.NewProduceResponseTopic()
		rt.TopicID = t.TopicID
		code := r.code[r.names[t.TopicID]]
		fails = fails || code != 0
		if code == 0 { // of a topic that came along: nothing of the request is stored
			code = kerr.NotLeaderForPartition.Code
		}
		for _, p := range t.Partitions {
			rp := kmsg.NewProduceResponseTopicPartition()
			rp.Partition, rp.ErrorCode = p.Partition, code
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp, nil, fails
}

// answer makes writes to a topic fail with an error, or nil for success.
func (r *rig) answer(topic string, err *kerr.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.code[topic] = 0
	if err != nil {
		r.code[topic] = err.Code
	}
}

// send sends a message whose dead letter, if it is refused, goes to "dead".
func (r *rig) send(topic, key, value string) {
	m := Message{Topic: topic, Key: key, Value: []byte(value)}
	r.p.Send(Emit{Message: m, Fate: &told{r.done, key}, Replaceable: topic != "table"})
}

// told tells a channel what became of an emit.
type told struct {
	done chan<- string
	key  string
}

func (d *told) Refused(cause string) (Message, bool) {
	return Message{Topic: "dead", Key: d.key, Value: []byte(cause)}, true
}

func (d *told) Done(written *kgo.Record) {
	if written == nil {
		d.key += " given up"
	}
	d.done <- d.key
}

// finished waits for n calls of Done.
func (r *rig) finished(n int) []string {
	r.t.Helper()
	var all []string
	deadline := time.After(waitAtMost)
	for len(all) < n {
		select {
		case d := <-r.done:
			all = append(all, d)
		case <-deadline:
			r.t.Fatalf("%d of %d messages are done: %v", len(all), n, all)
		}
	}
	return all
}

// values are the first n values in a topic.
func (r *rig) values(topic string, n int) []string {
	r.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(r.cluster.ListenAddrs()...), kgo.ConsumeTopics(topic), kgo.FetchMaxWait(50*time.Millisecond))
	if err != nil {
		r.t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(r.t.Context(), waitAtMost)
	defer cancel()
	var all []string
	for len(all) < n && ctx.Err() == nil {
		client.PollFetches(ctx).EachRecord(func(rec *kgo.Record) { all = append(all, string(rec.Value)) })
	}
	if len(all) < n {
		r.t.Fatalf("%s has %d records, want %d", topic, len(all), n)
	}
	return all
}

func (r *rig) untilRequests(n int64) {
	r.t.Helper()
	deadline, goal := time.After(waitAtMost), r.produce.Load()+n
	for r.produce.Load() < goal {
		select {
		case <-r.fresh:
		case <-deadline:
			r.t.Fatal("no more requests come")
		}
	}
}

func TestAMessageIsSentUntilItIsWritten(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	r.answer("out", kerr.NotEnoughReplicas)
	for i := range 20 {
		r.send("out", strconv.Itoa(i), "v")
	}
	r.untilRequests(2 * (producerTries + 1)) // the client gave up more than once
	r.answer("out", nil)
	for _, d := range r.finished(20) {
		if len(d) > 2 {
			t.Errorf("a message is %q", d)
		}
	}
	r.values("out", 20)
}

// producerTries is how often the client itself tries.
const producerTries = 3

func TestTableEmitsNeverGoBack(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	const n = 300
	for i := range n {
		switch i {
		case 50:
			r.finished(50)
			r.answer("table", kerr.NotEnoughReplicas)
		case 150:
			r.answer("table", kerr.NotEnoughReplicas)
		case 100, 250:
			r.untilRequests(2)
			r.answer("table", nil)
		}
		r.send("table", "key", fmt.Sprintf("%05d", i))
	}
	r.finished(n - 50)
	last := ""
	values := r.values("table", 2)
	for _, v := range values {
		if v < last {
			t.Errorf("%s was written after %s", v, last)
		}
		last = v
	}
	if want := fmt.Sprintf("%05d", n-1); last != want {
		t.Errorf("the last value is %s, want %s", last, want)
	}
	if len(r.p.keys) != 0 || r.p.pending.count != 0 {
		t.Errorf("%d keys and %d messages are left in the books", len(r.p.keys), r.p.pending.count)
	}
}

func TestAKeyThatChangesFastIsWrittenSeldom(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	r.answer("table", kerr.NotEnoughReplicas)
	const n = 300
	for i := range n {
		r.send("table", "key", fmt.Sprintf("%05d", i))
	}
	r.untilRequests(1)
	r.answer("table", nil)
	r.finished(n)
	if got := r.values("table", 1); len(got) > 2 || got[len(got)-1] != fmt.Sprintf("%05d", n-1) {
		t.Errorf("%d values of %d were written, the last is %s", len(got), n, got[len(got)-1])
	}
}

func TestAMessageThatKafkaWillNeverTakeBecomesADeadLetter(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	r.answer("out", kerr.MessageTooLarge)
	r.send("out", "k", "v")
	r.finished(1)
	if got := r.values("dead", 1)[0]; got == "" {
		t.Error("the dead letter says no cause")
	}
}

func TestATopicThatTakesNothingIsDivertedUntilItDoes(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	r.answer("out", kerr.TopicAuthorizationFailed)
	r.send("out", "waits for five minutes", "v")
	r.untilRequests(2)
	r.clock.Add(int64(patience))
	r.finished(1)
	r.values("dead", 1)
	before := r.produce.Load()
	r.send("out", "at once", "v")
	r.finished(1)
	r.values("dead", 2)
	if got := r.produce.Load() - before; got != 1 {
		t.Errorf("%d requests for a message to a diverted topic, want only the dead letter's", got)
	}
	r.answer("out", nil)
	r.clock.Add(int64(probeEvery))
	r.send("out", "probe", "v")
	r.send("out", "all", "v")
	r.finished(2)
	r.send("out", "all", "v")
	r.finished(1)
	r.values("out", 2)
}

func TestAbortGivesUpWhatIsUnderWayAndWritesNothingMore(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	r.answer("out", kerr.NotEnoughReplicas)
	r.answer("table", kerr.NotEnoughReplicas)
	for i := range 10 {
		r.send("out", "k", "of the first lane")
		r.send("table", "k", strconv.Itoa(i))
	}
	r.untilRequests(2)
	r.p.Abort()
	r.p.Abort()
	r.send("out", "k", "after the first lane")
	for _, d := range r.finished(21) {
		if d != "k given up" {
			t.Errorf("a message is %q, want it given up", d)
		}
	}
	r.answer("out", nil)
	if err := r.p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.send("out", "k", "of the second lane")
	r.finished(1)
	if got := r.values("out", 1); got[0] != "of the second lane" {
		t.Errorf("%q was written after the abort", got[0])
	}
	if len(r.done) > 0 {
		t.Errorf("Done was called once more, with %q", <-r.done)
	}
}

func TestAbortFreesThoseWhoSendAtTheSameTime(t *testing.T) {
	for range 5 {
		r := newRig(t, "out", "dead", "table")
		r.answer("out", kerr.NotEnoughReplicas)
		var wg sync.WaitGroup
		const senders, each = 8, maxRecords / 5 // so that they wait for room
		for range senders {
			wg.Go(func() {
				for range each {
					r.send("out", "k", "v")
				}
			})
		}
		r.untilRequests(1)
		r.p.Abort()
		wg.Wait()
		r.finished(senders * each)
	}
}

func TestAPushOnADeadLaneDoesNothing(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	l := r.p.lane
	r.p.Abort()
	<-l.dead
	for range 50 {
		l.push(&item{Emit: Emit{Message: Message{Topic: "out"}}})
	}
}
