package writer

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/test/chaos/ledger"
)

func TestAllLinesLieInTheFilesOnceThroughEveryRotation(t *testing.T) {
	dir := t.TempDir()
	w, err := New(Config{
		Seed: 3, Dir: dir, Hosts: []string{"h1", "h2"}, Files: 4, Lines: 4001, Rate: 8000, Rotations: 3,
		Indexed: func(context.Context, string, int) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	books := ledger.New(3, w.Lines())
	var compressed, rotated int
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.HasSuffix(path, ".gz") {
			compressed++
			in, err := gzip.NewReader(bytes.NewReader(text))
			if err != nil {
				return err
			}
			if text, err = io.ReadAll(in); err != nil {
				return err
			}
		} else if !strings.HasSuffix(path, ".log") {
			rotated++
		}
		for line := range strings.Lines(string(text)) {
			books.Found(ledger.Indexed(strings.TrimSuffix(line, "\n")))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if b := books.Balance(); !b.Clean() || b.Written != 4001 || w.Written() != 4001 {
		t.Errorf("%v; %+v", b, b)
	}
	if compressed != 2*3 || rotated != 2*3*3 {
		t.Errorf("%d compressed and %d rotated files", compressed, rotated)
	}
}

func TestNothingIsTakenAwayThatWasNotRead(t *testing.T) {
	dir := t.TempDir()
	w, err := New(Config{
		Seed: 3, Dir: dir, Hosts: []string{"h"}, Files: 2, Lines: 1000, Rate: 1e6, Rotations: 3,
		Indexed: func(context.Context, string, int) bool { return false },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if gz, _ := filepath.Glob(filepath.Join(dir, "h", "*.gz")); len(gz) != 0 {
		t.Errorf("compressed: %v", gz)
	}
}
