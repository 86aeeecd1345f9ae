package table_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/standalone/kafkad"
	"github.com/millrace/millrace/internal/table"
	"github.com/millrace/millrace/schemas/epoch"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

const topicName = "things-table"

func TestTheViewFollowsItsTableOverARestartOfTheBroker(t *testing.T) {
	dir := t.TempDir()
	server := serve(t, kafkad.Config{Dir: dir})
	spec := kafka.TopicSpec{Name: topicName, Partitions: 4, Replication: 1, Config: map[string]string{"cleanup.policy": "compact"}}
	if err := kafka.EnsureTopics(t.Context(), server.Kafka(), []kafka.TopicSpec{spec}); err != nil {
		t.Fatal(err)
	}
	put(t, server, "a", []byte("1"))
	put(t, server, "b", []byte("1"))

	v := table.New(server.Kafka(), topicName, nil)
	if _, err := v.All(); !errors.Is(err, table.ErrNotReady) {
		t.Errorf("before Run: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- v.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	eventually(t, v, map[string]string{"a": "1", "b": "1"})

	put(t, server, "a", []byte("2"))
	put(t, server, "b", nil)
	put(t, server, "c", []byte("3"))
	eventually(t, v, map[string]string{"a": "2", "c": "3"})

	port := server.Port()
	server.Close()
	if all, err := v.All(); err != nil || len(all) != 2 {
		t.Errorf("without a broker the view shows %v, %v", all, err)
	}
	server = serve(t, kafkad.Config{Dir: dir, Port: port})
	put(t, server, "c", []byte("4"))
	eventually(t, v, map[string]string{"a": "2", "c": "4"})
}

func TestTheViewWaitsForItsTableToBeMade(t *testing.T) {
	server := serve(t, kafkad.Config{Dir: t.TempDir()})
	v := table.New(server.Kafka(), topicName, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- v.Run(ctx) }()
	spec := kafka.TopicSpec{Name: topicName, Partitions: 2, Replication: 1}
	if err := kafka.EnsureTopics(t.Context(), server.Kafka(), []kafka.TopicSpec{spec}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-v.Ready():
	case <-time.After(20 * time.Second):
		t.Error("an empty table was never read to its end")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTheViewLeavesOutWhatAWriterWritesThatHasLostThePartition(t *testing.T) {
	server := serve(t, kafkad.Config{Dir: t.TempDir()})
	spec := kafka.TopicSpec{Name: topicName, Partitions: 1, Replication: 1}
	if err := kafka.EnsureTopics(t.Context(), server.Kafka(), []kafka.TopicSpec{spec}); err != nil {
		t.Fatal(err)
	}
	put(t, server, "a", []byte("old"), epoch.Encode(3))
	put(t, server, "a", []byte("new"), epoch.Encode(4))
	put(t, server, "a", []byte("late"), epoch.Encode(3))
	v := table.New(server.Kafka(), topicName, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- v.Run(ctx) }()
	eventually(t, v, map[string]string{"a": "new"})
	put(t, server, "a", []byte("late"), epoch.Encode(3))
	put(t, server, "b", []byte("1"), epoch.Encode(4))
	eventually(t, v, map[string]string{"a": "new", "b": "1"})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAViewThatIsStoppedInTheMidstOfItsTableIsNotReady(t *testing.T) {
	server := serve(t, kafkad.Config{Dir: t.TempDir()})
	spec := kafka.TopicSpec{Name: topicName, Partitions: 1, Replication: 1}
	if err := kafka.EnsureTopics(t.Context(), server.Kafka(), []kafka.TopicSpec{spec}); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		noise := make([]byte, 100_000)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(noise) // it never fails
		put(t, server, fmt.Sprint(i), noise)
	}
	for stop := range 20 {
		v := table.New(server.Kafka(), topicName, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(stop+1)*10*time.Millisecond)
		if err := v.Run(ctx); err != nil {
			t.Error(err)
		}
		cancel()
		if all, err := v.All(); err == nil && len(all) < 200 {
			t.Fatalf("a view that was stopped after %d ms shows %d of 200 values", 10*(stop+1), len(all))
		}
	}
}

func serve(t *testing.T, cfg kafkad.Config) *kafkad.Server {
	t.Helper()
	s, err := kafkad.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func put(t *testing.T, server *kafkad.Server, key string, value []byte, epochs ...[]byte) {
	t.Helper()
	cfg, err := server.Kafka().Sarama()
	if err != nil {
		t.Fatal(err)
	}
	p, err := sarama.NewSyncProducer(server.Kafka().Brokers, cfg)
	if err != nil {
		t.Fatal(err)
	}
	m := &sarama.ProducerMessage{Topic: topicName, Key: sarama.StringEncoder(key)}
	for _, e := range epochs {
		m.Headers = append(m.Headers, sarama.RecordHeader{Key: []byte(epoch.Header), Value: e})
	}
	if value != nil {
		m.Value = sarama.ByteEncoder(value)
	}
	if _, _, err := p.SendMessage(m); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, v *table.View, want map[string]string) {
	t.Helper()
	await.NoError(t, 30*time.Second, func() error {
		all, err := v.All()
		if err != nil {
			return err
		}
		got := map[string]string{}
		for k, b := range all {
			got[k] = string(b)
		}
		if !maps.Equal(got, want) {
			return fmt.Errorf("the view shows %v, want %v", got, want)
		}
		return nil
	})
}

// told is a log that a test waits for.
type told struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *told) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *told) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

func TestAWrongPasswordIsToldInWords(t *testing.T) {
	server := serve(t, kafkad.Config{Dir: t.TempDir(), User: "millrace", Password: "right"})
	cfg := server.Kafka()
	cfg.SASL.Password = "wrong"
	log := &told{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- table.New(cfg, topicName, slog.New(slog.NewTextHandler(log, nil))).Run(ctx) }()
	await.True(t, 10*time.Second, "the reason is told", func() bool { return log.has("correct kafka.sasl.mechanism, kafka.sasl.user or") })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
