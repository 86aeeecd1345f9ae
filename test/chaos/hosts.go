package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// countLimit is how long the host table may take to agree: it is written beside the
// events, and read by the admin.
const countLimit = 30 * time.Second

// hostCount is what the host table says of a host.
type hostCount struct{ lines, gaps int }

// hostCounts asks the API for the host table.
func (c collections) hostCounts(ctx context.Context) (map[string]hostCount, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.admin+"/api/v1/hosts", http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var list struct {
		Hosts []struct {
			Host string
			Gaps int
			Apps map[string]struct{ Lines int }
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		return nil, fmt.Errorf("GET hosts: %s: %w", resp.Status, err)
	}
	counts := map[string]hostCount{}
	for _, h := range list.Hosts {
		count := hostCount{gaps: h.Gaps}
		for _, app := range h.Apps {
			count.lines += app.Lines
		}
		counts[h.Host] = count
	}
	return counts, nil
}

// miscounted compares the host table with what was written: it must count every line
// once, however often records were delivered, and no gap.
func (r *run) miscounted(ctx context.Context, files map[string]int) []string {
	ctx, cancel := context.WithTimeout(ctx, countLimit)
	defer cancel()
	want := map[string]hostCount{}
	for file, n := range files {
		host, _, _ := strings.Cut(file, "/")
		want[host] = hostCount{lines: want[host].lines + n}
	}
	for {
		got, err := r.collections().hostCounts(ctx)
		if err == nil && maps.Equal(got, want) {
			return nil
		}
		if wait(ctx, pollEvery) {
			continue
		}
		if err != nil {
			return []string{err.Error()}
		}
		var wrong []string
		for _, host := range slices.Sorted(maps.Keys(want)) {
			if got[host] != want[host] {
				wrong = append(wrong, fmt.Sprintf("%s: %d lines and %d gaps, want %d lines", host, got[host].lines, got[host].gaps, want[host].lines))
			}
		}
		return wrong
	}
}
