// Package writer writes the log files of the chaos harness: numbered lines that
// package ledger can check, into files that rotate in the ways that logs do.
//
// It is a fair writer: what it takes away (by compressing or deleting a rotated
// file) it takes only after it was told that the lines are in the index, since no
// shipper can read a file that was deleted while it was down.
package writer

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/millrace/millrace/test/chaos/ledger"
)

// Rotation is how a file is rotated.
type Rotation int

// The rotations.
const (
	Rename   Rotation = iota // rename, and go on in a new file
	Compress                 // the same, and compress the old file once it was read
	Truncate                 // copy, and truncate in place (logrotate's copytruncate)
)

// File is one log. It belongs to one goroutine.
type File struct {
	name     string // of the ledger
	path     string
	seed     uint64
	rotation Rotation
	every    int // lines between rotations
	rng      *rand.Rand

	out     *os.File
	n       int // lines written
	since   int // of these after the last rotation
	turn    int
	rotated []old
}

// old is a rotated file that waits to be compressed.
type old struct {
	path string
	last int // number of its last line
}

func newFile(name, path string, seed uint64, rotation Rotation, every int) (*File, error) {
	f := &File{name: name, path: path, seed: seed, rotation: rotation, every: every, rng: rand.New(rand.NewPCG(seed, uint64(len(name))))}
	return f, f.open()
}

func (f *File) open() error {
	out, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	f.out = out
	return err
}

// write appends n lines, torn at any byte into two writes as a busy program's
// buffer would be, and rotates when it is time.
func (f *File) write(n int) error {
	var text []byte
	for range n {
		text = append(text, ledger.Line(f.seed, f.name, f.n)...)
		text = append(text, '\n')
		f.n++
	}
	torn := f.rng.IntN(len(text) + 1)
	for _, part := range [][]byte{text[:torn], text[torn:]} {
		if _, err := f.out.Write(part); err != nil {
			return err
		}
	}
	if f.since += n; f.since < f.every {
		return nil
	}
	f.since = 0
	return f.rotate()
}

func (f *File) rotate() error {
	f.turn++
	away := fmt.Sprintf("%s.%d", f.path, f.turn)
	if f.rotation == Truncate {
		if err := duplicate(away, f.path); err != nil {
			return err
		}
		return f.out.Truncate(0)
	}
	if err := os.Rename(f.path, away); err != nil {
		return err
	}
	if f.rotation == Compress {
		f.rotated = append(f.rotated, old{away, f.n - 1})
	}
	return errors.Join(f.out.Close(), f.open())
}

// tidy compresses and removes the rotated files whose lines were indexed.
func (f *File) tidy(indexed func(file string, n int) bool) error {
	for len(f.rotated) > 0 {
		o := f.rotated[0]
		if !indexed(f.name, o.last) {
			return nil
		}
		if err := compress(o.path+".gz", o.path); err != nil {
			return err
		}
		if err := os.Remove(o.path); err != nil {
			return err
		}
		f.rotated = f.rotated[1:]
	}
	return nil
}

func duplicate(to, from string) error {
	return convert(to, from, func(w io.Writer) io.WriteCloser { return nopCloser{w} })
}

func compress(to, from string) error {
	return convert(to, from, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func convert(to, from string, through func(io.Writer) io.WriteCloser) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	w := through(out)
	_, err = io.Copy(w, in)
	return errors.Join(err, w.Close(), out.Close())
}
