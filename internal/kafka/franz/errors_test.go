package franz

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafka"
)

func TestErrorsAreClassified(t *testing.T) {
	for _, c := range []struct {
		err  error
		want kafka.Class
	}{
		{io.EOF, kafka.Retry},
		{kerr.NotLeaderForPartition, kafka.Retry},
		{kerr.UnknownTopicID, kafka.Retry}, // it was made anew
		{kgo.ErrRecordRetries, kafka.Retry},
		{kerr.UnknownTopicOrPartition, kafka.TopicPermanent},
		{fmt.Errorf("emit: %w", kerr.TopicAuthorizationFailed), kafka.TopicPermanent},
		{kerr.CorruptMessage, kafka.RecordPermanent},
		{fmt.Errorf("%w (of 2 MB)", kerr.MessageTooLarge), kafka.RecordPermanent},
		{kgo.ErrClientClosed, kafka.ShuttingDown},
		{fmt.Errorf("dial: %w", kafka.ErrKilled), kafka.ShuttingDown},
	} {
		got := Error(c.err)
		if class := kafka.Classify(got); class != c.want {
			t.Errorf("%v is of class %v, want %v", c.err, class, c.want)
		}
		if !errors.Is(got, c.err) || got.Error() != c.err.Error() {
			t.Errorf("%v has become %v", c.err, got)
		}
	}
	if Error(nil) != nil {
		t.Error("no error has become one")
	}
}
