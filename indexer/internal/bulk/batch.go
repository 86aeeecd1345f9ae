package bulk

import (
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/index"
)

// Reasons of dead letters and drops, fit for a metric's label.
const (
	ReasonManifest = "manifest" // the batch has no readable manifest
	ReasonValue    = "value"    // the manifest does not fit the batch's value
	ReasonIndex    = "index"    // an index name is none of ours
	ReasonMapping  = "mapping"  // the document does not fit the index's mapping
	ReasonTooLarge = "too_large"
	ReasonRefused  = "refused" // the store refuses the document for another cause
	ReasonDiverted = "diverted"
	ReasonBlocked  = "blocked" // its index is closed or blocked for writing, and its period over
	ReasonExpired  = "expired" // dropped: older than its collection keeps events
)

// Batch is one record of an app topic, decoded.
type Batch struct {
	Origin   deadletter.Origin
	Key      []byte
	Manifest batch.Manifest
	docs     batch.Documents
	// expiries holds when each run's events expire: its retention after the end of
	// its index's period.
	expiries []time.Time
}

// Common is the line that the events of a run have in common, nil if there is none.
func (b *Batch) Common(run int) []byte { return b.docs.Common(run) }

// PoisonError is why a record can never be indexed as a whole.
type PoisonError struct {
	Reason string
	Err    error
}

// Error implements error.
func (e *PoisonError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *PoisonError) Unwrap() error { return e.Err }

var errNoManifest = errors.New("header " + batch.Header + " is missing")

// Decoder decodes records. It is safe for concurrent use.
type Decoder struct {
	// ends remembers when an index's period ends by its name: names repeat without end.
	ends *lru.Cache[string, time.Time]
}

// namesKept bounds the memory for index names.
const namesKept = 8192

// NewDecoder makes a Decoder.
func NewDecoder() *Decoder {
	ends, err := lru.New[string, time.Time](namesKept)
	if err != nil {
		panic(err) // only a size below 1
	}
	return &Decoder{ends: ends}
}

// Decode reads a record's manifest header and checks that it fits the value. A nil
// manifest is a missing one. Errors are *PoisonError. The Batch keeps the key and the value,
// which must stay unchanged.
func (d *Decoder) Decode(manifest, key, value []byte, origin deadletter.Origin) (*Batch, error) {
	b := &Batch{Origin: origin, Key: key}
	if manifest == nil {
		return nil, &PoisonError{ReasonManifest, errNoManifest}
	}
	if err := batch.Decode(manifest, &b.Manifest); err != nil {
		return nil, &PoisonError{ReasonManifest, err}
	}
	if err := b.docs.Open(&b.Manifest, value); err != nil {
		return nil, &PoisonError{ReasonValue, err}
	}
	b.expiries = make([]time.Time, len(b.Manifest.Runs))
	for i := range b.Manifest.Runs {
		run := &b.Manifest.Runs[i]
		if run.Retention < 1 || run.Retention > collect.MaxRetention {
			return nil, &PoisonError{ReasonManifest, fmt.Errorf("run: retention must be 1 to %d days, is %d", collect.MaxRetention, run.Retention)}
		}
		end, err := d.end(run.Index)
		if err != nil {
			return nil, &PoisonError{ReasonIndex, err}
		}
		b.expiries[i] = end.AddDate(0, 0, int(run.Retention))
	}
	return b, nil
}

func (d *Decoder) end(name string) (time.Time, error) {
	if end, ok := d.ends.Get(name); ok {
		return end, nil
	}
	p, err := index.Parse(name)
	if err != nil {
		return time.Time{}, fmt.Errorf("run: %w", err)
	}
	d.ends.Add(name, p.End)
	return p.End, nil
}
