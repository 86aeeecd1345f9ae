package processors

import (
	"fmt"

	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/topic"
)

// Reasons of the dead letters that the harness itself makes.
const (
	ReasonPanic   = "panic"   // the step panicked
	ReasonTable   = "table"   // the table value cannot be read, or is too large to be written
	ReasonTooBig  = "too_big" // an emit is over topic.RecordLimit
	ReasonRefused = "refused" // Kafka refuses an emit for ever, or its topic for minutes
)

// Letter is a dead letter: an input, or a part of one, that is put aside.
type Letter struct {
	Message
	Reason string
}

// letter makes a dead letter of the record. Headers of an earlier stay among the
// dead letters are replaced.
func (r Record) letter(reason, cause string, value []byte, headers []Header) Letter {
	list := make([]Header, 0, len(headers)+3)
	for _, h := range headers {
		if !isLetterHeader(h.Key) {
			list = append(list, h)
		}
	}
	list = append(list,
		Header{Key: deadletter.HeaderReason, Value: []byte(reason)},
		Header{Key: deadletter.HeaderOrigin, Value: []byte(r.Origin().String())},
		Header{Key: deadletter.HeaderCause, Value: []byte(deadletter.Cause(cause))})
	l := Letter{Message: Message{Key: r.Key, Value: value, Headers: list}, Reason: reason}
	l.cut(cause)
	return l
}

// cut makes the letter fit for its topic. An input near the limit would otherwise
// be impossible to put aside, and stop its partition for ever.
func (l *Letter) cut(cause string) {
	over := l.Size() - topic.RecordLimit
	if over <= 0 {
		return
	}
	full := len(l.Value)
	cause = deadletter.Cause(fmt.Sprintf("value cut from %d bytes; %s", full, cause))
	l.Headers[len(l.Headers)-1].Value = []byte(cause)
	over = max(0, l.Size()-topic.RecordLimit)
	l.Value = l.Value[:max(0, full-over)]
}

func isLetterHeader(name string) bool {
	return name == deadletter.HeaderCause || name == deadletter.HeaderReason || name == deadletter.HeaderOrigin
}
