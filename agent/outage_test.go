package agent_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/agent"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

// flaky is a Kafka of its own that can be made to refuse raw records.
func flaky(t *testing.T) (*bench, func(code *kerr.Error)) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topic.Raw, topic.Agents, topic.AgentSources))
	must(t, err)
	t.Cleanup(cluster.Close)
	w, err := servers()
	must(t, err)
	var failure atomic.Pointer[kerr.Error]
	cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		code := failure.Load()
		if code == nil {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		for _, rt := range req.(*kmsg.ProduceRequest).Topics {
			if rt.Topic != topic.Raw {
				return nil, nil, false
			}
			st := kmsg.NewProduceResponseTopic()
			st.Topic, st.TopicID = rt.Topic, rt.TopicID
			for _, rp := range rt.Partitions {
				sp := kmsg.NewProduceResponseTopicPartition()
				sp.Partition, sp.ErrorCode = rp.Partition, code.Code
				st.Partitions = append(st.Partitions, sp)
			}
			resp.Topics = append(resp.Topics, st)
		}
		return resp, nil, true
	})
	return newBenchOn(t, &world{brokers: cluster.ListenAddrs(), etcd: w.etcd}), failure.Store
}

func TestAKafkaOutageStopsReadingAndLosesNothing(t *testing.T) {
	b, fail := flaky(t)
	reg := prometheus.NewRegistry()
	b.cfg.UnackedBytes = 2 << 20
	b.collect("c", nil, "*.log")
	b.startWith(agent.Deps{Registry: reg})
	w := &writer{b: b, name: "app.log"}
	w.write(100)
	b.wantLines(w.lines)
	fail(kerr.NotEnoughReplicas)
	for range 100 {
		w.write(1000) // about 6 MB, three times what may be under way
	}
	b.eventually(func() error {
		if read := metric(t, reg, "millrace_agent_read_bytes_total"); read < 3<<19 {
			return fmt.Errorf("only %v bytes read", read)
		}
		return nil
	})
	if read := metric(t, reg, "millrace_agent_read_bytes_total"); read > 3<<20 {
		t.Errorf("%v bytes were read although only 2 MiB may wait", read)
	}
	b.eventually(func() error {
		if metric(t, reg, "millrace_agent_ship_errors_total") == 0 {
			return errors.New("no error was counted")
		}
		return nil
	})
	w.rotate() // the file is held open meanwhile
	w.write(50)
	fail(nil)
	b.arrived(w.lines)
	b.clean()
}

func TestARecordThatKafkaRefusesForGoodBecomesAGap(t *testing.T) {
	b, fail := flaky(t)
	reg := prometheus.NewRegistry()
	b.collect("c", nil, "*.log")
	b.startWith(agent.Deps{Registry: reg})
	b.append("app.log", "one\n")
	b.wantLines([]string{"one"})
	fail(kerr.MessageTooLarge)
	b.append("app.log", "two\n")
	b.eventually(func() error {
		if n := metric(t, reg, "millrace_agent_gaps_total"); n != 1 {
			return fmt.Errorf("%v gaps", n)
		}
		return nil
	})
	fail(nil)
	b.append("app.log", "three\n")
	b.wantLines([]string{"one", "three"})
	if gaps := b.mirror().gaps; len(gaps) != 1 || gaps[0].Off != 4 || gaps[0].Len != 4 || !strings.Contains(gaps[0].Reason, "refused by Kafka") {
		t.Errorf("gaps %+v", gaps)
	}
}

// Brokers take no record that is an hour ahead of them.
func TestLinesWaitWhileTheClockIsWrong(t *testing.T) {
	b, fail := flaky(t)
	reg := prometheus.NewRegistry()
	b.collect("c", nil, "*.log")
	b.startWith(agent.Deps{Registry: reg})
	b.append("app.log", "one\n")
	b.wantLines([]string{"one"})
	fail(kerr.InvalidTimestamp)
	b.append("app.log", "two\n")
	b.eventually(func() error {
		if n := metric(t, reg, "millrace_agent_ship_errors_total"); n < 3 { // the first of them has it sent alone
			return fmt.Errorf("%v errors", n)
		}
		return nil
	})
	fail(nil)
	b.wantLines([]string{"one", "two"})
	if gaps := b.mirror().gaps; len(gaps) != 0 {
		t.Errorf("gaps %+v", gaps)
	}
}

func TestStartsWithoutEtcdFromTheLastGoodCollections(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "*.log")
	b.start()
	want := numbered("a", 0, 10)
	b.append("app.log", joined(want))
	b.wantLines(want)
	b.stop()
	b.cfg.Etcd.Endpoints = []string{freeAddr()} // nobody listens there
	more := numbered("a", 10, 10)
	b.append("app.log", joined(more))
	b.append("new.log", "new\n")
	b.start()
	b.arrived(append(append(want, more...), "new"))
}

func TestStartsWithoutKafkaAndWaits(t *testing.T) {
	w, err := servers()
	must(t, err)
	b := newBench(t)
	b.cfg.Kafka.Brokers = []string{freeAddr()}
	b.collect("c", nil, "*.log")
	b.append("app.log", "one\n")
	b.start()
	time.Sleep(300 * time.Millisecond) // it is to be stopped while it dials in vain, which shows nowhere
	begin := time.Now()
	b.stop()
	if took := time.Since(begin); took > patience/2 { // it gives up after a few seconds
		t.Errorf("stopping took %s", took)
	}
	b.cfg.Kafka.Brokers = w.brokers
	b.start()
	b.wantLines([]string{"one"})
}

func TestANewCollectionShipsAtOnce(t *testing.T) {
	b := newBench(t)
	b.append("a.log", "a\n")
	b.append("b.log", "b\n")
	b.cfg.ScanEvery = time.Hour // none but what the collection asks for
	b.collect("c", nil, "a.log")
	b.start()
	b.arrived([]string{"a"})
	b.collect("d", nil, "b.log")
	b.arrived([]string{"a", "b"})
	_, err := b.etcd.Delete(context.Background(), collect.AgentKey(b.key("c")))
	must(t, err)
	b.beat(func(a *status.Agent) bool { return len(a.Collections) == 1 })
	b.append("a.log", "not wanted any longer\n")
	b.append("b.log", "b2\n")
	b.arrived([]string{"a", "b", "b2"})
}

func TestAllowPathsHoldWhateverTheConfigSays(t *testing.T) {
	b := newBench(t)
	secret := t.TempDir() + "/secret.log"
	must(t, os.WriteFile(secret, []byte("secret\n"), 0o600))
	b.append("good.log", "good\n")
	must(t, os.Symlink(secret, b.path("evil.log")))
	must(t, os.MkdirAll(b.path("sub"), 0o755))
	must(t, os.Symlink(t.TempDir(), b.path("sub/dir")))
	b.collect("c", func(c *collect.Collection) { c.Paths = append(c.Paths, secret) }, "**/*.log")
	b.start()
	b.wantLines([]string{"good"})
	beat := b.beat(func(a *status.Agent) bool { return a.Totals.FilesRefused == 2 })
	if got := beat.Collections[0].Error; !strings.Contains(got, "outside allow_paths") {
		t.Errorf("the beat says %q", got)
	}
	b.wantLines([]string{"good"})
}

func TestStartAtTheEndLeavesOutWhatWasThere(t *testing.T) {
	b := newBench(t)
	b.append("app.log", "old\nhalf")
	info, err := os.Stat(b.path("app.log"))
	must(t, err)
	b.eventually(func() error { // birth times are compared by the second
		if now := time.Now(); now.Unix() <= info.ModTime().Unix() {
			return fmt.Errorf("it is still %s", now)
		}
		return nil
	})
	b.collect("c", func(c *collect.Collection) { c.Start = collect.End }, "*.log")
	b.start()
	b.beat(func(a *status.Agent) bool { return a.Totals.Files == 1 })
	b.append("app.log", " line\nnew\n")
	b.wantLines([]string{"half line", "new"})
	b.append("later.log", "from its beginning\n")
	b.wantLines([]string{"half line", "new", "from its beginning"})
}

func TestTwoAgentsCannotShareAStateFolder(t *testing.T) {
	b := newBench(t)
	b.start()
	b.beat(func(*status.Agent) bool { return true })
	second, err := agent.New(b.cfg, agent.Deps{})
	must(t, err)
	if err := second.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("the second ended with %v", err)
	}
}

func metric(t testing.TB, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	must(t, err)
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return 0
}
