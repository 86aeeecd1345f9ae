// Package deadletter says how a record that can never succeed is put aside.
//
// A dead letter is the failing input itself (key, value and headers of the
// stage's input format, only the failing part) plus two headers. Driving it
// again is a copy back to the topic named in Origin.
package deadletter

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Names of the headers that a dead letter has besides those of its input.
const (
	// HeaderCause is a short text for people: what is wrong.
	HeaderCause = "cause"
	// HeaderReason is one of few fixed words, fit for a metric's label.
	HeaderReason = "reason"
	// HeaderOrigin is where the input was: Origin as text.
	HeaderOrigin = "origin"
)

// MaxCause is the longest cause in bytes; longer ones are cut.
const MaxCause = 1024

// ErrOrigin is returned by ParseOrigin.
var ErrOrigin = errors.New("origin must be topic/partition/offset")

// Origin is the place of the record that a dead letter was made from.
type Origin struct {
	Topic     string
	Partition int32
	Offset    int64
}

// String is the form that goes into HeaderOrigin: topic/partition/offset.
func (o Origin) String() string {
	return o.Topic + "/" + strconv.Itoa(int(o.Partition)) + "/" + strconv.FormatInt(o.Offset, 10)
}

// ParseOrigin reads the form that String writes. The error wraps ErrOrigin.
func ParseOrigin(text string) (Origin, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 || parts[0] == "" {
		return Origin{}, fmt.Errorf("%w: %q", ErrOrigin, text)
	}
	partition, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil || partition < 0 {
		return Origin{}, fmt.Errorf("%w: %q", ErrOrigin, text)
	}
	offset, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || offset < 0 {
		return Origin{}, fmt.Errorf("%w: %q", ErrOrigin, text)
	}
	return Origin{Topic: parts[0], Partition: int32(partition), Offset: offset}, nil
}

// Cause cuts a text to what fits HeaderCause.
func Cause(text string) string {
	if len(text) > MaxCause {
		text = strings.ToValidUTF8(text[:MaxCause], "")
	}
	return text
}
