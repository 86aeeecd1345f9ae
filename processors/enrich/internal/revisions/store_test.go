package revisions_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/processors/enrich/internal/revisions"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/schemas/revision"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an etcd as the store sees it.
type world struct {
	answer atomic.Pointer[[]byte]
	silent atomic.Bool
	asked  atomic.Int64
}

var errSilent = errors.New("no answer")

func (w *world) fetch(context.Context, revision.ID) ([]byte, error) {
	w.asked.Add(1)
	if w.silent.Load() {
		return nil, errSilent
	}
	if b := w.answer.Load(); b != nil {
		return *b, nil
	}
	return nil, nil
}

func (w *world) store(dir string) *revisions.Store {
	return revisions.New(revisions.Config{Source: w.fetch, Dir: dir, Wait: time.Minute, Log: slog.New(slog.DiscardHandler)})
}

func sample(t *testing.T) (revision.ID, []byte) {
	t.Helper()
	_, id, canonical := testbed.Canonical(t, `{"name":"c","app":"shop","paths":["/a"],"pipeline":[]}`)
	return id, canonical
}

func TestARevisionIsAskedForOnceInALifetime(t *testing.T) {
	id, canonical := sample(t)
	w := &world{}
	w.answer.Store(&canonical)
	dir := t.TempDir()
	first := w.store(dir)
	for range 2 {
		if f, err := first.Get(t.Context(), id); err != nil || f.Revision == nil {
			t.Fatalf("%+v, %v", f, err)
		}
	}
	w.silent.Store(true)
	if f, err := w.store(dir).Get(t.Context(), id); err != nil || f.Revision == nil {
		t.Fatalf("after a restart without etcd: %+v, %v", f, err)
	}
	if n := w.asked.Load(); n != 1 {
		t.Errorf("etcd was asked %d times", n)
	}
	files, _ := filepath.Glob(dir + "/*")
	if len(files) != 1 || filepath.Base(files[0]) != id.String() {
		t.Errorf("on disk: %v", files)
	}
}

func TestADamagedFileIsNotBelieved(t *testing.T) {
	id, canonical := sample(t)
	w := &world{}
	w.answer.Store(&canonical)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, id.String()), canonical[:10], 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := w.store(dir).Get(t.Context(), id); err != nil || f.Revision == nil {
		t.Fatalf("%+v, %v", f, err)
	}
	if mended, _ := os.ReadFile(filepath.Join(dir, id.String())); !bytes.Equal(mended, canonical) {
		t.Errorf("the file is still %q", mended)
	}
}

func TestAnUnknownRevisionIsWaitedForAMinute(t *testing.T) {
	id, _ := sample(t)
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		s := w.store(t.TempDir())
		began := time.Now()
		f, err := s.Get(t.Context(), id)
		if err != nil || f.Refusal == nil || f.Refusal.Reason != refine.ReasonUnknown {
			t.Fatalf("%+v, %v", f, err)
		}
		if took := time.Since(began); took < time.Minute || took > time.Minute+2*time.Second {
			t.Errorf("it took %v", took)
		}
		if n := w.asked.Load(); n < 55 || n > 62 {
			t.Errorf("etcd was asked %d times", n)
		}
		began = time.Now()
		for range 100 { // the records behind it wait no more
			if f, err := s.Get(t.Context(), id); err != nil || f.Refusal == nil {
				t.Fatalf("%+v, %v", f, err)
			}
		}
		if took, n := time.Since(began), w.asked.Load(); took > 0 || n > 62 {
			t.Errorf("the next took %v and %d questions", took, n)
		}
	})
}

func TestARevisionMayComeLate(t *testing.T) {
	id, canonical := sample(t)
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		time.AfterFunc(30*time.Second, func() { w.answer.Store(&canonical) })
		began := time.Now()
		f, err := w.store(t.TempDir()).Get(t.Context(), id)
		if err != nil || f.Revision == nil {
			t.Fatalf("%+v, %v", f, err)
		}
		if took := time.Since(began); took > 32*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestASilentEtcdIsWaitedForWithoutEnd(t *testing.T) {
	id, canonical := sample(t)
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		w.silent.Store(true)
		w.answer.Store(&canonical)
		time.AfterFunc(3*time.Hour, func() { w.silent.Store(false) })
		waiting := 0
		s := revisions.New(revisions.Config{
			Source: w.fetch, Dir: t.TempDir(), Wait: time.Minute, Log: slog.New(slog.DiscardHandler),
			Waiting: func(delta int) { waiting += delta },
		})
		began := time.Now()
		f, err := s.Get(t.Context(), id)
		if err != nil || f.Revision == nil || waiting != 0 {
			t.Fatalf("%+v, %v, waiting %d", f, err, waiting)
		}
		if took := time.Since(began); took > 3*time.Hour+10*time.Second {
			t.Errorf("it took %v", took)
		}
		if n := w.asked.Load(); n > 5000 {
			t.Errorf("a silent etcd was asked %d times", n)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	id, _ := sample(t)
	for name, silent := range map[string]bool{"while etcd is silent": true, "while the revision is unknown": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{}
				w.silent.Store(silent)
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				began := time.Now()
				if _, err := w.store(t.TempDir()).Get(ctx, id); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3*time.Second {
					t.Errorf("%v after %v", err, time.Since(began))
				}
			})
		})
	}
}

func TestAnotherConfigUnderTheKeyIsNoAnswer(t *testing.T) {
	id, canonical := sample(t)
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		other := append([]byte(" "), canonical...)
		w.answer.Store(&other)
		dir := t.TempDir()
		f, err := w.store(dir).Get(t.Context(), id)
		if err != nil || f.Refusal == nil || f.Refusal.Reason != refine.ReasonUnknown {
			t.Fatalf("%+v, %v", f, err)
		}
		if files, _ := filepath.Glob(dir + "/*"); len(files) > 0 {
			t.Errorf("kept on disk: %v", files)
		}
	})
}

func TestAFolderThatCannotBeWrittenStopsNothing(t *testing.T) {
	id, canonical := sample(t)
	w := &world{}
	w.answer.Store(&canonical)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := w.store(filepath.Join(file, "revisions")).Get(t.Context(), id); err != nil || f.Revision == nil {
		t.Fatalf("%+v, %v", f, err)
	}
}
