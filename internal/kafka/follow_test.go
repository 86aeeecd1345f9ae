package kafka

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
)

func TestFollowTakesWhatIsWrittenFromNowOn(t *testing.T) {
	cfg := startKafka(t, kfake.SeedTopics(3, "news", "more"))
	sc, err := cfg.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	producer, err := sarama.NewSyncProducer(cfg.Brokers, sc)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = producer.Close() }()
	write := func(topic, text string) {
		if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(text), Value: sarama.StringEncoder(text)}); err != nil {
			t.Fatal(err)
		}
	}
	write("news", "old")
	ctx, cancel := context.WithCancel(t.Context())
	began, got, done := make(chan struct{}, 1), make(chan string, 10), make(chan error, 1)
	go func() {
		done <- Follow(ctx, cfg, []string{"news", "more"}, slog.New(slog.DiscardHandler),
			func() { began <- struct{}{} }, func(m *sarama.ConsumerMessage) { got <- m.Topic + " " + string(m.Value) })
	}()
	<-began
	seen := map[string]bool{}
	for _, text := range []string{"a", "b", "c", "d"} {
		write("news", text)
		write("more", text)
	}
	for range 8 {
		select {
		case text := <-got:
			seen[text] = true
		case <-time.After(30 * time.Second):
			t.Fatalf("only %v came", seen)
		}
	}
	if len(seen) != 8 || seen["news old"] {
		t.Errorf("got %v", seen)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("error %v", err)
	}
}

func TestFollowWaitsForATopicThatIsMissing(t *testing.T) {
	cfg := startKafka(t)
	ctx, cancel := context.WithCancel(t.Context())
	began, done := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		done <- Follow(ctx, cfg, []string{"late"}, slog.New(slog.DiscardHandler), func() { began <- struct{}{} }, func(*sarama.ConsumerMessage) {})
	}()
	if err := EnsureTopics(ctx, cfg, []TopicSpec{{Name: "late", Partitions: 1, Replication: 1}}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-began:
	case <-time.After(30 * time.Second):
		t.Error("it does not begin")
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("error %v", err)
	}
}
