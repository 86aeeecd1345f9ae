package input

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/spool"
	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/schemas/status"
)

// patience is how long a condition may take to come true on a busy machine.
const patience = 30 * time.Second

// bench is one running input, with a Kafka that has what it is told to have.
type bench struct {
	t    *testing.T
	dir  string
	set  *Set
	stop func()

	mu   sync.Mutex
	gone bool // Kafka has everything
}

func newBench(t *testing.T, cfg Config) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	b.start(cfg)
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *bench) start(cfg Config) {
	b.t.Helper()
	if err := Validate([]Config{cfg}); err != nil {
		b.t.Fatal(err)
	}
	set, err := New([]Config{cfg}, b.dir, slog.New(slog.DiscardHandler))
	if err != nil {
		b.t.Fatal(err)
	}
	b.set = set
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- set.Run(ctx, b.acked) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			b.t.Errorf("the inputs ended with %v", err)
		}
		if err := set.Close(); err != nil {
			b.t.Error(err)
		}
	})
}

func (b *bench) acked(context.Context, string) (map[string]uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]uint64{}
	for _, sp := range b.set.spools() {
		for _, f := range sp.Sealed() {
			if b.gone {
				all[f.Path] = uint64(f.Size)
			}
		}
	}
	return all, nil
}

func (b *bench) ship() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone = true
}

func (b *bench) status() status.Input { return b.set.Status()[0] }

// address waits until the input listens, and returns its only address.
func (b *bench) address() string {
	b.t.Helper()
	var at string
	b.eventually(func() error {
		st := b.status()
		if len(st.Listening) != 1 {
			return fmt.Errorf("it does not listen: %s", st.LastError)
		}
		at = st.Listening[0]
		return nil
	})
	_, host, _ := strings.Cut(at, "://")
	return host
}

// text is what lies in the spool.
func (b *bench) text() string {
	b.t.Helper()
	paths, err := filepath.Glob(spool.Glob(filepath.Join(b.dir, b.set.inputs[0].cfg.Name)))
	if err != nil {
		b.t.Fatal(err)
	}
	var all []byte
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			b.t.Fatal(err)
		}
		all = append(all, text...)
	}
	return string(all)
}

func (b *bench) want(text string) {
	b.t.Helper()
	b.eventually(func() error {
		if got := b.text(); got != text {
			return fmt.Errorf("the spool holds %.300q", got)
		}
		return nil
	})
}

// eventually asks again and again until ok has no complaint: files and counters tell
// nobody when they change.
func (b *bench) eventually(ok func() error) {
	b.t.Helper()
	await.NoError(b.t, patience, ok)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
