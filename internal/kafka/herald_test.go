package kafka

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func news(text string) *sarama.ProducerMessage {
	return &sarama.ProducerMessage{Topic: "news", Value: sarama.StringEncoder(text)}
}

// refuse answers a request to write to one partition.
func refuse(r kmsg.Request) (kmsg.Response, error, bool) {
	req := r.(*kmsg.ProduceRequest)
	resp := req.ResponseKind().(*kmsg.ProduceResponse)
	topic := kmsg.NewProduceResponseTopic()
	topic.Topic, topic.TopicID = req.Topics[0].Topic, req.Topics[0].TopicID
	partition := kmsg.NewProduceResponseTopicPartition()
	partition.ErrorCode = kerr.MessageTooLarge.Code
	topic.Partitions = append(topic.Partitions, partition)
	resp.Topics = append(resp.Topics, topic)
	return resp, nil, true
}

func TestAHeraldTellsOnceWhyItFailsAndWhenThatIsOver(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "news"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var log bytes.Buffer
	h := NewHerald(Config{Brokers: c.ListenAddrs()}, "news", slog.New(slog.NewTextHandler(&log, nil)))
	defer h.Close()
	for range 2 {
		c.ControlKey(int16(kmsg.Produce), refuse) // once
		if h.Tell(t.Context(), time.Minute, news("refused")) {
			t.Error("what was refused counts as taken")
		}
	}
	if got := log.String(); strings.Count(got, "news cannot be written") != 1 || !strings.Contains(got, sarama.ErrMessageSizeTooLarge.Error()) {
		t.Errorf("told: %s", got)
	}
	log.Reset()
	if !h.Tell(t.Context(), time.Minute, news("taken"), news("too")) {
		t.Error("it does not recover")
	}
	if got := log.String(); strings.Count(got, "news are written again") != 1 || strings.Contains(got, "cannot") {
		t.Errorf("told: %s", got)
	}
}

func TestAHeraldWaitsForNoSilentBroker(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	var log bytes.Buffer
	h := NewHerald(Config{Brokers: []string{silent.Addr().String()}}, "news", slog.New(slog.NewTextHandler(&log, nil)))
	done := make(chan bool, 1)
	go func() {
		told := h.Tell(t.Context(), 50*time.Millisecond, news("nobody hears it"))
		h.Last(t.Context(), 50*time.Millisecond, news("nor the last"))
		done <- told
	}()
	select {
	case told := <-done:
		if told || strings.Count(log.String(), "cannot be written") != 1 {
			t.Errorf("taken: %t; told: %s", told, &log)
		}
	case <-time.After(20 * time.Second): // sarama waits for half a minute, and tries again
		t.Fatal("it waits for a broker that says nothing")
	}
}
