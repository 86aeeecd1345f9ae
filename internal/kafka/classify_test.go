package kafka

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Class
	}{
		{io.EOF, Retry},
		{errors.New("something new"), Retry},
		{sarama.ErrNotLeaderForPartition, Retry},
		{sarama.ErrNotEnoughReplicas, Retry},
		{sarama.ErrOutOfBrokers, Retry},
		{sarama.ErrUnknownTopicOrPartition, TopicPermanent},
		{sarama.ErrTopicAuthorizationFailed, TopicPermanent},
		{sarama.ErrMessageSizeTooLarge, RecordPermanent},
		{sarama.ErrInvalidMessage, RecordPermanent},
		{sarama.ConfigurationError("larger than Producer.MaxMessageBytes"), RecordPermanent},
		{sarama.ErrClosedClient, ShuttingDown},
		{ErrKilled, ShuttingDown},
		{fmt.Errorf("emit: %w", sarama.ErrInvalidTopic), TopicPermanent},
		{kerr.NotLeaderForPartition, Retry},
		{kerr.UnknownTopicID, Retry}, // it was made anew
		{kgo.ErrRecordRetries, Retry},
		{kerr.UnknownTopicOrPartition, TopicPermanent},
		{fmt.Errorf("emit: %w", kerr.TopicAuthorizationFailed), TopicPermanent},
		{kerr.CorruptMessage, RecordPermanent},
		{fmt.Errorf("%w (of 2 MB)", kerr.MessageTooLarge), RecordPermanent},
		{kgo.ErrClientClosed, ShuttingDown},
		{&sarama.ProducerError{Msg: &sarama.ProducerMessage{}, Err: sarama.ErrInvalidMessage}, RecordPermanent},
	} {
		if got := Classify(c.err); got != c.want {
			t.Errorf("Classify(%v) = %v, want %v", c.err, got, c.want)
		}
	}
}
