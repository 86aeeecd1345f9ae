package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// tailRate is how many lines a second are written while tails are measured.
	tailRate = 20_000
	// tails are the browsers that watch everything beside the one that is timed.
	tails = 10
	// probeEvery is how often a line is written whose way to a browser is timed.
	probeEvery = 250 * time.Millisecond
	// probeMost is how long a line is waited for.
	probeMost = 10 * time.Second
)

// tailReport says what ten live tails cost, and how fast one shows a line.
type tailReport struct {
	alone, watched float64 // CPU-seconds per million lines
	waits          []time.Duration
	written        int
}

func (r tailReport) String() string {
	if len(r.waits) == 0 {
		return fmt.Sprintf("tail: none of %d lines was seen", r.written)
	}
	slices.Sort(r.waits)
	at := func(q float64) time.Duration { return r.waits[int(q*float64(len(r.waits)-1))].Round(time.Millisecond) }
	return fmt.Sprintf("tail   %d lines/s: %.1f CPU-s per M without tails, %.1f with %d; a line is seen after %v (median), %v (p99), %v (most); %d of %d seen",
		tailRate, r.alone, r.watched, tails+1, at(0.5), at(0.99), at(1), len(r.waits), r.written)
}

// measureTail writes at tailRate, first with nobody watching, then with all tails open.
func measureTail(ctx context.Context, o options) (r tailReport, err error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := spawn(ctx, filepath.Join(o.Bin, "millrace"), "up", "--data", filepath.Join(dir, "data"), "--http", "127.0.0.1:0",
		"--host", hotHost, "--allow-paths", dir+"/*.log")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	admin, err := readyAddress(p)
	if err != nil {
		return r, err
	}
	if _, err := collect(ctx, admin, hotHost, dir+"/*.log"); err != nil {
		return r, err
	}
	fmt.Fprintf(os.Stderr, "tail: %d lines/s for %d s without tails and %d s with…\n", tailRate, o.Seconds, o.Seconds)
	hot, err := os.Create(filepath.Join(dir, "hot.log"))
	if err != nil {
		return r, err
	}
	defer hot.Close()
	span := time.Duration(o.Seconds) * time.Second
	if _, err := p.costOf(ctx, hot, time.Second); err != nil { // warm: topics, index, caches
		return r, err
	}
	if r.alone, err = p.costOf(ctx, hot, span); err != nil {
		return r, err
	}
	watching, stop := context.WithCancel(ctx)
	var watchers sync.WaitGroup
	defer watchers.Wait()
	defer stop()
	for range tails {
		if err := watch(watching, admin, "", &watchers, func(string) {}); err != nil {
			return r, err
		}
	}
	b := probe{path: filepath.Join(dir, "probe.log"), came: make(chan struct{}, 1)}
	if err := watch(watching, admin, "PROBE", &watchers, b.hit); err != nil {
		return r, err
	}
	var probing sync.WaitGroup
	probing.Go(func() { b.err = b.run(ctx, span) })
	r.watched, err = p.costOf(ctx, hot, span)
	probing.Wait()
	r.waits, r.written = b.waits, b.written
	return r, errors.Join(err, b.err)
}

// costOf writes at tailRate for a while and returns what the process has used per
// million lines.
func (p *process) costOf(ctx context.Context, file *os.File, span time.Duration) (float64, error) {
	const step = 20 * time.Millisecond
	before, err := p.usage()
	if err != nil {
		return 0, err
	}
	tick := time.NewTicker(step)
	defer tick.Stop()
	lines, began := 0, time.Now()
	for passed := time.Duration(0); passed < span; passed = time.Since(began) {
		due := int(passed.Seconds() * tailRate)
		if err := fill(file, due-lines, appendLine); err != nil {
			return 0, err
		}
		lines = due
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-tick.C:
		}
	}
	after, err := p.usage()
	return (after.cpu - before.cpu).Seconds() / float64(lines) * 1e6, err
}

// watch opens a tail and calls hit for each line of its stream until ctx ends. It
// returns when the server follows the topics.
func watch(ctx context.Context, admin, query string, running *sync.WaitGroup, hit func(string)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, admin+"/api/v1/tail?"+url.Values{"q": {query}}.Encode(), http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("GET /tail: %s", resp.Status), resp.Body.Close())
	}
	ready := make(chan struct{})
	running.Go(func() {
		defer resp.Body.Close()
		opened := sync.OnceFunc(func() { close(ready) })
		defer opened()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			if lines.Text() == "event: status" { // the first comes when reading has begun
				opened()
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				hit(data)
			}
		}
	})
	select {
	case <-ready:
		return nil
	case <-time.After(probeMost):
		return errors.New("GET /tail: the topics are not followed")
	}
}

// probe times single lines on their way from the file to a browser.
type probe struct {
	path    string
	came    chan struct{}
	written int
	err     error

	mu    sync.Mutex
	sent  map[int]time.Time
	waits []time.Duration
}

// run writes a line now and then, and waits at the end for those under way.
func (b *probe) run(ctx context.Context, span time.Duration) error {
	b.sent = map[int]time.Time{}
	file, err := os.Create(b.path)
	if err != nil {
		return err
	}
	defer file.Close()
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < span; {
		b.mu.Lock()
		b.sent[b.written] = time.Now()
		b.mu.Unlock()
		if _, err := fmt.Fprintf(file, "PROBE number=%d.\n", b.written); err != nil {
			return err
		}
		b.written++
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	late := time.After(probeMost)
	for {
		b.mu.Lock()
		left := len(b.sent)
		b.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-b.came:
		case <-late:
			return nil // the report says how many were seen
		}
	}
}

// hit takes an event of the stream.
func (b *probe) hit(data string) {
	_, rest, ok := strings.Cut(data, "PROBE number=")
	if !ok {
		return
	}
	number, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(number)
	if err != nil {
		return
	}
	b.mu.Lock()
	if at, ok := b.sent[n]; ok {
		b.waits = append(b.waits, time.Since(at))
		delete(b.sent, n)
	}
	b.mu.Unlock()
	select {
	case b.came <- struct{}{}:
	default:
	}
}
