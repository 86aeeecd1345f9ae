package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/test/chaos/ledger"
	"github.com/millrace/millrace/test/chaos/writer"
)

// probeEvery is the time between two probes of a host, and pollEvery that between
// two looks into the index, which makes a delay up to so much too long.
const (
	probeEvery = 250 * time.Millisecond
	pollEvery  = 500 * time.Millisecond
)

// probe is a line whose way into the index is timed.
type probe struct {
	offset  int64
	written time.Time
	indexed time.Time // zero while it is not there
}

// prober writes a line into a file of each host now and then and looks when it can
// be found. The lines count as all others do.
type prober struct {
	seed  uint64
	index index
	hosts []string
	dir   string

	mu     sync.Mutex // guards probes
	probes map[string][]probe
}

func newProber(seed uint64, dir string, hosts []string, x index) *prober {
	return &prober{seed: seed, index: x, hosts: hosts, dir: dir, probes: map[string][]probe{}}
}

func (p *prober) path(host string) string {
	return filepath.Join(writer.Folder(p.dir, host), "probe.log")
}

func probeName(host string) string { return host + "/probe" }

// write writes until ctx ends.
func (p *prober) write(ctx context.Context) error {
	var group sync.WaitGroup
	errs := make([]error, len(p.hosts))
	for i, host := range p.hosts {
		group.Go(func() { errs[i] = p.writeHost(ctx, host) })
	}
	group.Wait()
	return errors.Join(errs...)
}

func (p *prober) writeHost(ctx context.Context, host string) error {
	out, err := os.OpenFile(p.path(host), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	var offset int64
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		size, err := out.WriteString(ledger.Line(p.seed, probeName(host), n) + "\n")
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.probes[host] = append(p.probes[host], probe{offset: offset, written: time.Now()})
		p.mu.Unlock()
		offset += int64(size)
	}
}

// watch looks for probes until ctx ends. That the store does not answer is part of
// the delay.
func (p *prober) watch(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, host := range p.hosts {
			p.look(ctx, host)
		}
	}
}

func (p *prober) look(ctx context.Context, host string) {
	p.mu.Lock()
	all := p.probes[host]
	first := slices.IndexFunc(all, func(one probe) bool { return one.indexed.IsZero() })
	p.mu.Unlock()
	if first < 0 {
		return
	}
	texts, err := p.index.behind(ctx, p.path(host), all[first].offset)
	if err != nil {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range texts {
		_, n, ok := ledger.Parse(text)
		if ok && n < len(p.probes[host]) && p.probes[host][n].indexed.IsZero() {
			p.probes[host][n].indexed = now
		}
	}
}

// missing is how many probes that were written before a time are not there yet.
func (p *prober) missing(before time.Time) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, probes := range p.probes {
		for _, one := range probes {
			if one.indexed.IsZero() && one.written.Before(before) {
				n++
			}
		}
	}
	return n
}

// lines is how many probes each host's file has.
func (p *prober) lines() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := map[string]int{}
	for host, all := range p.probes {
		lines[probeName(host)] = len(all)
	}
	return lines
}

// delays are those of the probes that were written in a span, in order of length.
func (p *prober) delays(from, to time.Time) []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []time.Duration
	for _, probes := range p.probes {
		for _, one := range probes {
			if !one.indexed.IsZero() && !one.written.Before(from) && !one.written.After(to) {
				all = append(all, one.indexed.Sub(one.written))
			}
		}
	}
	slices.Sort(all)
	return all
}

// share is the delay that such a share of the list does not exceed; 0 of none.
func share(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}
