package processors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/lovoo/goka"

	copies "github.com/millrace/millrace/internal/table"
)

// ErrNotReady is returned by a View that has not read its table yet.
var ErrNotReady = copies.ErrNotReady

// View is a read-only copy of a processor's table in memory, some milliseconds behind
// the processor, for whoever wants to look things up in it or to show it. Safe for
// concurrent use.
type View struct {
	copied *copies.View
	codec  goka.Codec
}

// NewView makes a view of the table of a spec, which must have one. It connects when
// Run is called. The log, which may be nil, tells why the table cannot be read.
func NewView(cfg Kafka, spec Spec, log *slog.Logger) *View {
	return &View{copied: copies.New(cfg, spec.TableTopic(), log), codec: spec.Table}
}

// Run keeps the view up to date until ctx ends and returns nil then. While Kafka is
// away the view shows what it knew last. It fails at once for a spec without a table.
func (v *View) Run(ctx context.Context) error {
	if v.codec == nil {
		return errors.New("processors: a view of a processor without a table")
	}
	return v.copied.Run(ctx)
}

// Ready is closed once the table was read to its end for the first time.
func (v *View) Ready() <-chan struct{} { return v.copied.Ready() }

// Get is the value of a key, the caller's own; nil when there is none. An error wraps
// ErrNotReady or is the codec's.
func (v *View) Get(key string) (any, error) {
	text, err := v.copied.Get(key)
	if err != nil || text == nil {
		return nil, err
	}
	return v.decode(key, text)
}

// All are the values by key, the caller's own. Errors are those of Get.
func (v *View) All() (map[string]any, error) {
	texts, err := v.copied.All()
	if err != nil {
		return nil, err
	}
	values := make(map[string]any, len(texts))
	for key, text := range texts {
		if values[key], err = v.decode(key, text); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Keys are all keys, in no order. The error wraps ErrNotReady.
func (v *View) Keys() ([]string, error) {
	texts, err := v.copied.All()
	if err != nil {
		return nil, err
	}
	return slices.AppendSeq(make([]string, 0, len(texts)), maps.Keys(texts)), nil
}

func (v *View) decode(key string, text []byte) (any, error) {
	value, err := v.codec.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("processors: table value of %s: %w", key, err)
	}
	return value, nil
}
