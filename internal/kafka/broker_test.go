package kafka

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// sarama's meters tick for ever, one goroutine for the whole process
		goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

func startKafka(t *testing.T, opts ...kfake.Opt) Config {
	t.Helper()
	c, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return Config{Brokers: c.ListenAddrs()}
}

func TestEnsureTopics(t *testing.T) {
	cfg := startKafka(t, kfake.SeedTopics(4, "there"))
	spec := func(name string, partitions int32, config map[string]string) []TopicSpec {
		return []TopicSpec{{Name: name, Partitions: partitions, Replication: 1, Config: config}}
	}
	compacted := map[string]string{"cleanup.policy": "compact", "max.message.bytes": "1048576"}
	for _, c := range []struct {
		name  string
		specs []TopicSpec
		want  []string // words of the error; none for no error
	}{
		{"makes a topic that is missing", spec("made", 3, compacted), nil},
		{"accepts what it made", spec("made", 3, compacted), nil},
		{"accepts a larger limit than asked for", spec("made", 3, map[string]string{"max.message.bytes": "1000"}), nil},
		{"reports another partition count", spec("there", 8, nil), []string{"topic there", "want 8 partitions, have 4"}},
		{
			"reports a smaller limit", spec("made", 3, map[string]string{"max.message.bytes": "2000000"}),
			[]string{"topic made", "want max.message.bytes=2000000, have 1048576", "--add-config max.message.bytes=2000000"},
		},
		{
			"reports another cleanup policy and the count together", spec("there", 5, compacted),
			[]string{"want 5 partitions", "want cleanup.policy=compact, have delete"},
		},
		{"makes a topic that asks for more copies than it has", spec("shut", 1, map[string]string{"min.insync.replicas": "2"}), nil},
		{
			"reports that nobody can write to it, whoever asks", spec("shut", 1, nil),
			[]string{"topic shut", "nobody can write to it: it has 1 replicas and min.insync.replicas=2", "set min.insync.replicas=1"},
		},
		{"leaves other settings to the operator", spec("made", 3, map[string]string{"retention.ms": "1"}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := EnsureTopics(t.Context(), cfg, c.specs)
			if errors.Is(err, ErrMismatch) != (c.want != nil) || (err != nil) != (c.want != nil) {
				t.Fatalf("error %v", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q does not say %q", err, w)
				}
			}
		})
	}
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("no more")
		cancel(why)
		if err := EnsureTopics(ctx, cfg, spec("other", 1, nil)); err == nil {
			t.Error("no error")
		}
	})
}

func TestSASL(t *testing.T) {
	for _, mechanism := range []string{Plain, ScramSHA256, ScramSHA512} {
		t.Run(mechanism, func(t *testing.T) {
			cfg := startKafka(t, kfake.EnableSASL(), kfake.Superuser(mechanism, "mill", "race"))
			cfg.SASL = SASL{Mechanism: mechanism, User: "mill", Password: "race"}
			if err := EnsureTopics(t.Context(), cfg, []TopicSpec{{Name: "t", Partitions: 1, Replication: 1}}); err != nil {
				t.Errorf("with the right password: %v", err)
			}
			cfg.SASL.Password = "wrong"
			if err := EnsureTopics(t.Context(), cfg, nil); err == nil {
				t.Error("no error with a wrong password")
			}
		})
	}
}

func TestKillFreesARequestThatWaitsForASilentBroker(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := silent.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	cfg, err := Config{Brokers: []string{silent.Addr().String()}}.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Net.ReadTimeout = time.Minute
	d := NewDialer()
	d.Use(cfg)
	ended := make(chan error, 1)
	go func() {
		_, err := sarama.NewClient([]string{silent.Addr().String()}, cfg)
		ended <- err
	}()
	first := <-accepted
	d.Kill()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a silent broker answered")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the request still waits")
	}
	if _, err := d.Dial("tcp", silent.Addr().String()); !errors.Is(err, ErrKilled) {
		t.Errorf("dial after Kill: %v, want ErrKilled", err)
	}
	if err := errors.Join(silent.Close(), first.Close()); err != nil {
		t.Error(err)
	}
	for c := range accepted {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestADialerForgetsClosedConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	d := NewDialer()
	c, err := d.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(d.conns); n != 0 {
		t.Errorf("%d closed connections are kept", n)
	}
}

func TestCompareTopicsReportsWhatDiffersWithItsFix(t *testing.T) {
	cfg := startKafka(t, kfake.SeedTopics(4, "first"), kfake.SeedTopics(8, "other"))
	at := "kafka-configs.sh --bootstrap-server " + cfg.Brokers[0] + " --alter --entity-type topics --entity-name "
	limit := map[string]string{"max.message.bytes": "2000000", "retention.ms": "60000"}
	findings, err := CompareTopics(t.Context(), cfg, []TopicSpec{{Name: "first", Config: limit}, {Name: "other"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, strings.Split(f.String(), ", have ")[0])
		if f.Fatal == strings.Contains(f.What, "retention.ms") {
			t.Errorf("fatal is %v: %s", f.Fatal, f)
		}
		if !strings.Contains(f.What, "partitions") && !strings.Contains(f.Fix, at+"first --add-config ") {
			t.Errorf("the fix is %s", f.Fix)
		}
	}
	slices.Sort(got)
	want := []string{"topic first: want max.message.bytes=2000000", "topic first: want retention.ms=60000", "topic other: want 4 partitions"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q", got)
	}
	if err := Fatal(findings); !errors.Is(err, ErrMismatch) || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("fatal: %v", err)
	}
	if _, err := CompareTopics(t.Context(), cfg, []TopicSpec{{Name: "none"}}); !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		t.Errorf("a missing topic: %v", err)
	}
}
