package load

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/millrace/millrace/indexer/internal/meter"
)

// places is how many may be inside at once now.
func places(t *testing.T, g *gate) (n int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		select {
		case <-g.tokens:
			n++
			continue
		default:
		}
		break
	}
	for range n {
		g.tokens <- struct{}{}
	}
	if n == 0 && g.enter(ctx) == nil {
		t.Error("a gate without places let somebody in")
	}
	return n
}

func enter(t *testing.T, g *gate) {
	t.Helper()
	if err := g.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestGate(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(*testing.T, *gate)
		want int
	}{
		"all places are open at first": {func(*testing.T, *gate) {}, 8},
		"an overload halves the places, counting those inside": {func(t *testing.T, g *gate) {
			t.Helper()
			enter(t, g)
			enter(t, g)
			g.overloaded()
			g.leave()
			g.leave()
			drain(t, g)
		}, 4},
		"there is always one place": {func(t *testing.T, g *gate) {
			t.Helper()
			for range 10 {
				g.overloaded()
			}
			drain(t, g)
		}, 1},
		"an outage leaves one place": {func(t *testing.T, g *gate) {
			t.Helper()
			g.away(errors.New("refused"))
			drain(t, g)
		}, 1},
		"calm rounds open one place after the other": {func(t *testing.T, g *gate) {
			t.Helper()
			g.away(errors.New("refused"))
			drain(t, g)
			for range 1 + 2 + 3 {
				g.good()
			}
		}, 4},
		"there are never more than at first": {func(t *testing.T, g *gate) {
			t.Helper()
			g.overloaded()
			drain(t, g)
			for range 1000 {
				g.good()
			}
		}, 8},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(8, meter.New(nil), slog.New(slog.DiscardHandler))
			tc.do(t, g)
			if got := places(t, g); got != tc.want {
				t.Errorf("%d places, want %d", got, tc.want)
			}
		})
	}
}

// drain lets everybody who may in and out again, which settles the debt.
func drain(t *testing.T, g *gate) {
	t.Helper()
	for range g.most {
		enter(t, g)
		g.leave()
	}
}

func TestGateKnowsWhetherTheStoreIsAway(t *testing.T) {
	g := newGate(2, meter.New(nil), slog.New(slog.DiscardHandler))
	g.overloaded()
	if g.isPaused() {
		t.Error("an overload counts as an outage")
	}
	g.away(errors.New("refused"))
	if !g.isPaused() {
		t.Error("an outage is not known")
	}
	g.good()
	if g.isPaused() {
		t.Error("the end of an outage is not known")
	}
}
