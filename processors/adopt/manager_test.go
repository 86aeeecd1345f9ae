package adopt

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/schemas/collect"
)

func head(t *testing.T, config string) (string, []byte) {
	t.Helper()
	c, rev, canonical := testbed.Canonical(t, config)
	b, err := json.Marshal(collect.Head{Rev: rev, Config: canonical})
	if err != nil {
		t.Fatal(err)
	}
	return collect.HeadKey(c.Name), b
}

func TestWhoHasATopic(t *testing.T) {
	heads := map[string][]byte{collect.HeadKey("broken"): []byte("{")}
	for _, config := range []string{
		`{"name":"b","app":"x","topics":["one","two"]}`,
		`{"name":"a","app":"x","topics":["two","three"]}`,
		`{"name":"c","app":"x","topics":["three"],"priority":1}`,
		`{"name":"d","app":"x","paths":["/a"]}`,
	} {
		key, value := head(t, config)
		heads[key] = value
	}
	claims, err := claimsOf(heads)
	if err == nil || !strings.Contains(err.Error(), "collection broken") {
		t.Errorf("the broken head is not named: %v", err)
	}
	got := map[string]string{}
	for name, c := range claims {
		got[name] = c.collection.Name
	}
	if diff := cmp.Diff(map[string]string{"one": "b", "two": "a", "three": "c"}, got); diff != "" {
		t.Error(diff)
	}
}

// fakeWorld counts what runs of each topic.
type fakeWorld struct {
	running map[string]*atomic.Int64
	owner   map[string]*atomic.Pointer[claim]
	fail    atomic.Bool
}

var errFatal = errors.New("fatal")

func (w *fakeWorld) adopt(ctx context.Context, name string, current *atomic.Pointer[claim]) error {
	if w.fail.Load() {
		return errFatal
	}
	w.running[name].Add(1)
	defer w.running[name].Add(-1)
	w.owner[name].Store(current.Load())
	<-ctx.Done()
	return nil
}

func TestTheManagerKeepsToTheClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &fakeWorld{running: map[string]*atomic.Int64{}, owner: map[string]*atomic.Pointer[claim]{}}
		for _, name := range []string{"one", "two"} {
			w.running[name], w.owner[name] = &atomic.Int64{}, &atomic.Pointer[claim]{}
		}
		m := &manager{adopt: w.adopt, log: slog.New(slog.DiscardHandler), running: map[string]*adoption{}, ended: make(chan ended)}
		claims := make(chan map[string]*claim)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- m.run(ctx, func(ctx context.Context, tell func(map[string]*claim)) {
				for {
					select {
					case c := <-claims:
						tell(c)
					case <-ctx.Done():
						return
					}
				}
			})
		}()
		first, second := sampleClaim(), sampleClaim()
		for _, step := range []struct {
			claims   map[string]*claim
			one, two int64
		}{
			{map[string]*claim{"one": first}, 1, 0},
			{map[string]*claim{"one": second, "two": first}, 1, 1},
			{map[string]*claim{"two": first}, 0, 1},
			{map[string]*claim{"one": first, "two": second}, 1, 1},
			{map[string]*claim{}, 0, 0},
			{map[string]*claim{"one": second}, 1, 0},
		} {
			claims <- step.claims
			synctest.Wait()
			if one, two := w.running["one"].Load(), w.running["two"].Load(); one != step.one || two != step.two {
				t.Errorf("%v: %d and %d run", step.claims, one, two)
			}
		}
		if w.owner["one"].Load() != second {
			t.Error("the topic is read for the wrong collection")
		}
		cancel()
		if err := <-done; err != nil || w.running["one"].Load() != 0 {
			t.Errorf("%v, %d run", err, w.running["one"].Load())
		}
	})
}

func TestAnAdoptionThatFailsForGoodEndsAll(t *testing.T) {
	w := &fakeWorld{running: map[string]*atomic.Int64{}}
	w.fail.Store(true)
	m := &manager{adopt: w.adopt, log: slog.New(slog.DiscardHandler), running: map[string]*adoption{}, ended: make(chan ended)}
	err := m.run(t.Context(), func(ctx context.Context, tell func(map[string]*claim)) {
		tell(map[string]*claim{"one": sampleClaim(), "two": sampleClaim()})
		<-ctx.Done()
	})
	if !errors.Is(err, errFatal) {
		t.Errorf("%v", err)
	}
}
