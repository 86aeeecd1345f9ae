package writer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// tick is how often every file gets lines.
const tick = 50 * time.Millisecond

// tidyEvery is how often rotated files are looked at, in ticks.
const tidyEvery = 100

// Config says what is written.
type Config struct {
	Seed  uint64
	Dir   string   // gets a folder for each host
	Hosts []string // names
	Files int      // of each host
	Lines int      // in all
	Rate  float64  // lines a second, in all
	// Rotations of each file.
	Rotations int
	// Indexed says whether a line is in the index: then what is before it in its
	// file may be taken away. It may be slow.
	Indexed func(ctx context.Context, file string, n int) bool
}

// Writer writes the files of all hosts.
type Writer struct {
	cfg     Config
	files   []*File
	left    int
	written atomic.Int64
}

// New makes the files.
func New(cfg Config) (*Writer, error) {
	w := &Writer{cfg: cfg, left: cfg.Lines}
	each := cfg.Lines / (len(cfg.Hosts) * cfg.Files)
	for _, host := range cfg.Hosts {
		dir := Folder(cfg.Dir, host)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		for i := range cfg.Files {
			name := fmt.Sprintf("%c%d", 'a'+i%2, i/2+1) // a… and b… belong to two collections
			rotation := []Rotation{Rename, Compress, Truncate, Rename}[i%4]
			f, err := newFile(host+"/"+name, filepath.Join(dir, name+".log"), cfg.Seed, rotation, each/(cfg.Rotations+1)+1)
			if err != nil {
				return nil, errors.Join(err, w.close())
			}
			w.files = append(w.files, f)
		}
	}
	return w, nil
}

// Folder is where the files of a host lie.
func Folder(dir, host string) string { return filepath.Join(dir, host) }

// Written is how many lines there are so far. It may be called at any time.
func (w *Writer) Written() int { return int(w.written.Load()) }

// Lines are the lines of each file, once Run has returned.
func (w *Writer) Lines() map[string]int {
	all := map[string]int{}
	for _, f := range w.files {
		all[f.name] = f.n
	}
	return all
}

// Run writes until all lines are written or ctx ends, and closes the files.
func (w *Writer) Run(ctx context.Context) error {
	err := w.run(ctx)
	return errors.Join(err, w.close())
}

func (w *Writer) run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	began := time.Now()
	for turn := 0; w.left > 0; turn++ {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			due := min(w.cfg.Lines, int(now.Sub(began).Seconds()*w.cfg.Rate)) - (w.cfg.Lines - w.left)
			if err := w.spread(turn, due); err != nil {
				return err
			}
		}
		if turn%tidyEvery == 0 && w.cfg.Indexed != nil {
			if err := w.tidy(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// spread writes n lines to all files alike; what does not divide goes to another
// file each time.
func (w *Writer) spread(turn, n int) error {
	for i := range w.files {
		share := n / len(w.files)
		if (i+turn)%len(w.files) < n%len(w.files) {
			share++
		}
		if share == 0 {
			continue
		}
		if err := w.files[i].write(share); err != nil {
			return err
		}
		w.left -= share
		w.written.Add(int64(share))
	}
	return nil
}

func (w *Writer) tidy(ctx context.Context) error {
	for _, f := range w.files {
		if err := f.tidy(func(file string, n int) bool { return w.cfg.Indexed(ctx, file, n) }); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) close() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.out.Close())
	}
	return errors.Join(errs...)
}
