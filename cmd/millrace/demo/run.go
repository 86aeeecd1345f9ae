package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Config says where and how much the shop writes.
type Config struct {
	// Dir is the folder of the logs; it is made when missing.
	Dir string
	// Rate is the mean number of lines a second; DefaultRate when zero.
	Rate float64
	// Seed chooses the visitors and what breaks.
	Seed uint64
	// History is how far back the logs of an empty folder begin.
	History time.Duration
	// MaxBytes and Keep bound each log: it is renamed at MaxBytes, Keep renamed ones
	// stay. 8 MiB and 3 when zero.
	MaxBytes int64
	Keep     int
	// Now is the clock.
	Now func() time.Time
}

// DefaultRate is calm enough to read.
const DefaultRate = 20

// every is how often what has happened is written.
const every = 250 * time.Millisecond

// historyStep bounds what is written at once of the history.
const historyStep = 10 * time.Second

// Names are the files in Config.Dir, by stream.
var Names = [streams]string{Access: "access.log", App: "app.json", Worker: "worker.log"}

func (c Config) withDefaults() Config {
	if c.Rate == 0 {
		c.Rate = DefaultRate
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = 8 << 20
	}
	if c.Keep == 0 {
		c.Keep = 3
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Run writes the shop's logs until ctx ends. An error means that it cannot write.
func Run(ctx context.Context, cfg Config) (err error) {
	cfg = cfg.withDefaults()
	if !(cfg.Rate > 0 && cfg.Rate <= 1e5) {
		return fmt.Errorf("demo: rate must be above 0 and at most 100000 lines a second, is %v", cfg.Rate)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	start := cfg.Now()
	if _, err := os.Stat(filepath.Join(cfg.Dir, Names[Access])); err != nil {
		start = start.Add(-cfg.History)
	}
	w := &writer{}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.open(cfg); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return w.run(ctx, cfg, New(cfg.Seed, start, cfg.Rate), start)
}

// writer holds the open logs.
type writer struct {
	files [streams]*file
	text  [streams][]byte
}

func (w *writer) open(cfg Config) error {
	for i, name := range Names {
		f := &file{path: filepath.Join(cfg.Dir, name), max: cfg.MaxBytes, keep: cfg.Keep}
		if err := f.open(); err != nil {
			return err
		}
		w.files[i] = f
	}
	return nil
}

func (w *writer) run(ctx context.Context, cfg Config, shop *Shop, start time.Time) error {
	for at := start; at.Before(cfg.Now()) && ctx.Err() == nil; at = at.Add(historyStep) {
		if err := w.write(shop.Until(at)); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := w.write(shop.Until(cfg.Now())); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
}

func (w *writer) write(lines []Line) error {
	for _, l := range lines {
		w.text[l.Stream] = append(append(w.text[l.Stream], l.Text...), '\n')
	}
	for i, f := range w.files {
		if len(w.text[i]) == 0 {
			continue
		}
		if err := f.write(w.text[i]); err != nil {
			return err
		}
		w.text[i] = w.text[i][:0]
	}
	return nil
}

func (w *writer) close() error {
	var errs []error
	for _, f := range w.files {
		if f != nil {
			errs = append(errs, f.close())
		}
	}
	return errors.Join(errs...)
}
