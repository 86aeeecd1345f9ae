package franz

import (
	"errors"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Error makes an error of a franz-go client one that package kafka can classify and
// explain. It still reads, and is, what it was.
func Error(err error) error {
	var answer *kerr.Error
	switch {
	case errors.As(err, &answer):
		return &known{err, sarama.KError(answer.Code)}
	case errors.Is(err, kgo.ErrClientClosed):
		return &known{err, sarama.ErrClosedClient}
	}
	return err
}

// known is an error together with what sarama calls it.
type known struct {
	error
	as error
}

// Unwrap is for errors.Is and errors.As.
func (k *known) Unwrap() []error { return []error{k.error, k.as} }
