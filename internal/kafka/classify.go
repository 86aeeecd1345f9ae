package kafka

import (
	"errors"
	"log/slog"

	"github.com/IBM/sarama"
)

// Class says what a failed request means for the record it carried.
type Class int

// The classes, from harmless to final.
const (
	// Retry: the cluster cannot now; the same record may succeed later.
	Retry Class = iota
	// TopicPermanent: this topic does not take records from us, others may.
	TopicPermanent
	// RecordPermanent: this record will never be taken.
	RecordPermanent
	// ShuttingDown: our own client is closed; nothing was said about the record.
	ShuttingDown
)

// String names the class as logs show it.
func (c Class) String() string {
	switch c {
	case TopicPermanent:
		return "topic"
	case RecordPermanent:
		return "record"
	case ShuttingDown:
		return "shutting down"
	default:
		return "retry"
	}
}

var (
	ofTopic = []error{
		sarama.ErrUnknownTopicOrPartition, sarama.ErrTopicAuthorizationFailed, sarama.ErrInvalidTopic,
		sarama.ErrPolicyViolation, sarama.ErrInvalidPartition,
	}
	ofRecord = []error{
		sarama.ErrMessageSizeTooLarge, sarama.ErrMessageSetSizeTooLarge, sarama.ErrMessageTooLarge,
		sarama.ErrInvalidMessage, sarama.ErrInvalidMessageSize, sarama.ErrInvalidRecord,
	}
	ofUs = []error{sarama.ErrClosedClient, sarama.ErrShuttingDown, ErrKilled}
)

// Classify says what a producer's or client's error means. What it does not know
// is Retry: waiting loses nothing. So is a timestamp that a topic does not take: it is
// when we wrote the record, so a clock is wrong, ours or the broker's, and no record is.
func Classify(err error) Class {
	switch {
	case isAny(err, ofUs...):
		return ShuttingDown
	case isAny(err, ofRecord...) || errors.As(err, new(sarama.PacketEncodingError)) || errors.As(err, new(sarama.ConfigurationError)):
		return RecordPermanent
	case isAny(err, ofTopic...):
		return TopicPermanent
	}
	return Retry
}

func isAny(err error, of ...error) bool {
	for _, e := range of {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Loudness is how loudly to tell of an error after which one tries again: a topic that is
// not there yet is no trouble in a new installation, for the admin makes it.
func Loudness(err error) slog.Level {
	if isAny(err, sarama.ErrUnknownTopicOrPartition) {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}
