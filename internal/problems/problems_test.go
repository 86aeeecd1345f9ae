package problems_test

import (
	"errors"
	"io"
	"testing"

	"github.com/millrace/millrace/internal/problems"
)

func TestEachProblemOfAPartBeginsWithItsKey(t *testing.T) {
	part := errors.Join(
		errors.New("brokers: must name at least one host:port"),
		problems.Under("tls", errors.Join(errors.New("cert: must not be empty"), io.ErrUnexpectedEOF)),
	)
	err := problems.Under("kafka", part)
	want := "kafka.brokers: must name at least one host:port\nkafka.tls.cert: must not be empty\nkafka.tls.unexpected EOF"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the problem itself is not found again")
	}
}

func TestAPartWithoutProblemsHasNone(t *testing.T) {
	if err := problems.Under("kafka", nil); err != nil {
		t.Errorf("got %v", err)
	}
	if err := problems.Under("kafka", errors.Join(problems.Under("tls", nil))); err != nil {
		t.Errorf("got %v", err)
	}
}
