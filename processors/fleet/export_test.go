package fleet

import (
	"time"

	"github.com/millrace/millrace/processors"
)

// Spec lets tests try the step without Kafka, at a time of theirs.
func Spec(now time.Time) processors.Spec { return spec(func() time.Time { return now }) }
