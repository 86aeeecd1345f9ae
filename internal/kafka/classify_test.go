package kafka

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/IBM/sarama"
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
		{sarama.ErrInvalidTimestamp, Retry},
		{sarama.ErrUnknownTopicOrPartition, TopicPermanent},
		{sarama.ErrTopicAuthorizationFailed, TopicPermanent},
		{sarama.ErrMessageSizeTooLarge, RecordPermanent},
		{sarama.ErrInvalidMessage, RecordPermanent},
		{sarama.ConfigurationError("larger than Producer.MaxMessageBytes"), RecordPermanent},
		{sarama.ErrClosedClient, ShuttingDown},
		{ErrKilled, ShuttingDown},
		{fmt.Errorf("emit: %w", sarama.ErrInvalidTopic), TopicPermanent},
		{&sarama.ProducerError{Msg: &sarama.ProducerMessage{}, Err: sarama.ErrInvalidMessage}, RecordPermanent},
	} {
		if got := Classify(c.err); got != c.want {
			t.Errorf("Classify(%v) = %v, want %v", c.err, got, c.want)
		}
	}
}
