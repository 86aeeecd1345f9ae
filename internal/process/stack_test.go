package process

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// journal notes what happened, in order.
type journal struct {
	mu    sync.Mutex
	notes []string
}

func (j *journal) note(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.notes = append(j.notes, text)
}

// part notes its end; it ends with ctx, or at once with an error.
func (j *journal) part(name string, err error) Part {
	return Part{Name: name, Run: func(ctx context.Context) error {
		if err == nil {
			<-ctx.Done()
		}
		j.note(name)
		return err
	}}
}

func stack(parts ...Part) *Stack {
	return &Stack{Log: slog.New(slog.DiscardHandler), Parts: parts, StopWithin: 5 * time.Second}
}

func TestUpstreamEndsFirst(t *testing.T) {
	defer goleak.VerifyNone(t)
	var j journal
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := stack(j.part("index", nil), j.part("enrich", nil), j.part("agent", nil)).Run(ctx); err != nil {
		t.Error(err)
	}
	if want := []string{"agent", "enrich", "index"}; !slices.Equal(j.notes, want) {
		t.Errorf("ended in the order %v", j.notes)
	}
}

func TestAPartThatFailsEndsTheStackWithItsName(t *testing.T) {
	defer goleak.VerifyNone(t)
	var j journal
	err := stack(j.part("index", nil), j.part("enrich", errors.New("no table")), j.part("agent", nil)).Run(t.Context())
	if err == nil || err.Error() != "enrich: no table" {
		t.Errorf("error %v", err)
	}
	if len(j.notes) != 3 {
		t.Errorf("ended: %v", j.notes)
	}
}

func TestAPartMayNotEndByItself(t *testing.T) {
	quits := Part{Name: "agent", Run: func(context.Context) error { return nil }}
	if err := stack(quits).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "agent: ended by itself") {
		t.Errorf("error %v", err)
	}
}

func TestAPartThatHangsIsLeftBehind(t *testing.T) {
	var j journal
	release := make(chan struct{})
	defer close(release)
	hangs := Part{Name: "hangs", Run: func(context.Context) error { <-release; return nil }}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := stack(j.part("index", nil), hangs)
	s.StopWithin = 10 * time.Millisecond
	if err := s.Run(ctx); err != nil {
		t.Error(err)
	}
}
