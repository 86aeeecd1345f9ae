package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T, dir string, limit int64) *Spool {
	t.Helper()
	s, err := Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// lines are n lines of 100 bytes.
func lines(n int) []byte {
	return bytes.Repeat([]byte(strings.Repeat("x", 99)+"\n"), n)
}

func text(t *testing.T, dir string) string {
	t.Helper()
	paths, err := filepath.Glob(Glob(dir))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

func TestWhatIsAppendedLiesThereInOrder(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, MinLimit)
	var want strings.Builder
	for i := range 5000 {
		line := fmt.Sprintf("line %d %s\n", i, strings.Repeat("x", 80))
		want.WriteString(line)
		if err := s.Append([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if text(t, dir) != want.String() {
		t.Error("the files are not what was appended")
	}
	if n := len(s.Sealed()); n == 0 {
		t.Error("no file was sealed")
	}
	if s.Bytes() != int64(want.Len()) {
		t.Errorf("%d bytes, not %d", s.Bytes(), want.Len())
	}
}

func TestAFullSpoolRefusesUntilSomethingIsRemoved(t *testing.T) {
	s := open(t, t.TempDir(), MinLimit)
	block := lines(1000)
	var err error
	for err == nil {
		err = s.Append(block)
	}
	if !errors.Is(err, ErrFull) {
		t.Fatal(err)
	}
	if s.Bytes() > MinLimit || s.Bytes()+int64(len(block)) <= MinLimit {
		t.Errorf("full at %d bytes", s.Bytes())
	}
	waited := make(chan error, 1)
	go func() { waited <- s.Put(context.Background(), block) }()
	oldest := s.Sealed()[0]
	if err := s.Remove(func(f File) bool { return f == oldest }); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(oldest.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there", oldest.Path)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	s := open(t, t.TempDir(), MinLimit)
	for s.Append(lines(1000)) == nil {
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Put(ctx, lines(1000)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestATornLineIsCutOffAtTheNextOpen(t *testing.T) {
	for name, end := range map[string]string{"short": "torn", "longer than a block": strings.Repeat("x", 200<<10)} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, MinLimit)
			if err := s.Append([]byte("one\ntwo\n")); err != nil {
				t.Fatal(err)
			}
			if _, err := s.file.WriteString(end); err != nil { // as a kill in the middle of a write leaves it
				t.Fatal(err)
			}
			again := open(t, dir, MinLimit)
			if got := text(t, dir); got != "one\ntwo\n" {
				t.Errorf("%q", got)
			}
			if err := again.Append([]byte("three\n")); err != nil {
				t.Fatal(err)
			}
			if got := text(t, dir); got != "one\ntwo\nthree\n" {
				t.Errorf("%q", got)
			}
			if sealed := again.Sealed(); len(sealed) != 1 || sealed[0].Size != 8 {
				t.Errorf("%+v", sealed)
			}
		})
	}
}

func TestManyMayAppendAndSync(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, 4*MinLimit)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				if err := errors.Join(s.Append(lines(5)), s.Sync()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got, want := len(text(t, dir)), 8*500*500; got != want {
		t.Errorf("%d bytes, not %d", got, want)
	}
}

func TestTooMuchAtOnceIsNotWorthWaitingFor(t *testing.T) {
	s := open(t, t.TempDir(), MinLimit)
	if err := s.Append(make([]byte, s.MaxAppend()+1)); err == nil || errors.Is(err, ErrFull) {
		t.Error(err)
	}
}

func TestAMarkSaysWhatIsInTheSpoolAlready(t *testing.T) {
	all := func(File) bool { return true }
	steps := []struct {
		name   string
		do     func(*Spool) error
		source string
		lines  int
	}{
		{"nothing", func(*Spool) error { return nil }, "", 0},
		{"lines without a mark", func(s *Spool) error { return s.Append(lines(3)) }, "", 3},
		{"a mark behind all", func(s *Spool) error { return s.Mark("a") }, "a", 0},
		{"lines after it", func(s *Spool) error { return s.Append(lines(4)) }, "a", 4},
		{"files that Kafka has and the mark needs", func(s *Spool) error {
			for range 6 {
				if err := s.Append(lines(1000)); err != nil {
					return err
				}
			}
			return s.Remove(all)
		}, "a", 6004},
		{"a mark that needs none of them", func(s *Spool) error {
			return errors.Join(s.Mark("b"), s.Remove(all), s.Append(lines(2)))
		}, "b", 2},
	}
	dir := t.TempDir()
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			s := open(t, dir, MinLimit)
			if _, _, err := s.Resume(); err != nil {
				t.Fatal(err)
			}
			if err := step.do(s); err != nil {
				t.Fatal(err)
			}
			again := open(t, dir, MinLimit) // after a kill
			source, n, err := again.Resume()
			if err != nil || source != step.source || n != step.lines {
				t.Errorf("%q and %d lines, error %v", source, n, err)
			}
		})
	}
}
