package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	openFiles   = 5_000  // files held open
	activeFiles = 500    // of these are written to
	manyFiles   = 50_000 // files that match
)

// scale shows how much an agent holds: the memory of many open files, what they cost
// while nobody writes, and how soon the first line of a large tree is shipped.
func (s *stand) scale(ctx context.Context) error {
	if err := s.manyOpen(ctx); err != nil {
		return err
	}
	return s.manyMatching(ctx)
}

// spread makes files of one line each, a thousand to a folder.
func (h *host) spread(n int) (paths []string, err error) {
	for i := range n {
		dir := filepath.Join(h.logs, strconv.Itoa(i/1000))
		if i%1000 == 0 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return nil, err
			}
		}
		path := filepath.Join(dir, strconv.Itoa(i)+".log")
		if err := os.WriteFile(path, appendLine(nil, i, time.Now()), 0o600); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func (s *stand) manyOpen(ctx context.Context) (err error) {
	h, err := s.newHost(ctx, "**/*.log")
	if err != nil {
		return err
	}
	paths, err := h.spread(openFiles)
	if err != nil {
		return err
	}
	p, err := h.agent(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.shipped(ctx, openFiles); err != nil {
		return err
	}
	const rounds = 5
	for range rounds {
		for i := range activeFiles {
			if err := appendTo(paths[i*openFiles/activeFiles], appendLine(nil, i, time.Now())); err != nil {
				return err
			}
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	if err := p.shipped(ctx, openFiles+rounds*activeFiles); err != nil {
		return err
	}
	open, err := p.metric(ctx, "millrace_agent_files_open")
	if err != nil {
		return err
	}
	before, err := p.usage()
	if err != nil {
		return err
	}
	fmt.Printf("%.0f files open, %d active: %d MB at most\n", open, activeFiles, before.rss>>20)
	idle := time.Duration(s.o.Seconds) * time.Second
	if err := pause(ctx, idle); err != nil {
		return err
	}
	after, err := p.usage()
	fmt.Printf("%d quiet files: %.2f %% of a core over %s\n", openFiles, 100*(after.cpu-before.cpu).Seconds()/idle.Seconds(), idle)
	return err
}

func (s *stand) manyMatching(ctx context.Context) (err error) {
	h, err := s.newHost(ctx, "**/*.log")
	if err != nil {
		return err
	}
	if _, err := h.spread(manyFiles); err != nil {
		return err
	}
	before, err := s.topic.records(topic.Raw)
	if err != nil {
		return err
	}
	began := time.Now()
	p, err := h.agent(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	err = poll(ctx, 10*time.Millisecond, stageMost, func() (bool, error) {
		now, err := s.topic.records(topic.Raw)
		return now > before, err
	})
	if err != nil {
		return err
	}
	first := time.Since(began)
	if err := p.shipped(ctx, manyFiles); err != nil {
		return err
	}
	used, err := p.usage()
	state, statErr := os.Stat(filepath.Join(h.dir, h.name, "state", "state.log"))
	if statErr == nil {
		fmt.Printf("%d files match: first record after %.2f s, all after %.1f s; %d MB at most, %.1f CPU-s, state log %d KiB\n",
			manyFiles, first.Seconds(), time.Since(began).Seconds(), used.rss>>20, used.cpu.Seconds(), state.Size()>>10)
	}
	return errors.Join(err, statErr)
}

// latency times lines that are appended to a file that was quiet.
func (s *stand) latency(ctx context.Context) (err error) {
	h, err := s.newHost(ctx, "*.log")
	if err != nil {
		return err
	}
	path := filepath.Join(h.logs, "quiet.log")
	if err := appendTo(path, []byte("0\n")); err != nil {
		return err
	}
	var took []time.Duration
	seen := 0
	r, err := h.read(ctx, func(_ *record.Manifest, value []byte) error {
		now := time.Now()
		written, err := strconv.ParseInt(string(value[:len(value)-1]), 10, 64)
		if err != nil {
			return err
		}
		if seen++; written > 0 {
			took = append(took, now.Sub(time.Unix(0, written)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	defer r.close()
	p, err := h.agent(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	for i, end := 1, time.Now().Add(time.Duration(s.o.Seconds)*time.Second); time.Now().Before(end); i++ {
		if err := r.await(ctx, time.Minute, func() bool { return seen >= i }); err != nil {
			return err
		}
		if err := appendTo(path, fmt.Appendf(nil, "%d\n", time.Now().UnixNano())); err != nil {
			return err
		}
	}
	slices.Sort(took)
	if len(took) == 0 {
		return errors.New("no line arrived")
	}
	at := func(q float64) time.Duration {
		return took[int(q*float64(len(took)-1)+0.5)].Round(time.Millisecond)
	}
	fmt.Printf("a line appended to a quiet file is in the raw topic after %s (median), %s (p99), %s (most) of %d\n", at(0.5), at(0.99), took[len(took)-1].Round(time.Millisecond), len(took))
	return nil
}

func appendTo(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
