package tail

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/status"
)

// Status is how all files fare at one moment.
type Status struct {
	Revision    int64
	Collections []status.Collection
	Totals      status.Totals
	// Views are the collections that are applied.
	Views []collect.AgentView
	// Sources are all files, most bytes behind first, if they were asked for.
	Sources   []status.Source
	LastError string
	LastAt    time.Time
	// Memory is what records under way take, in bytes.
	Memory int
	// CPU is what the process has used, Delayed how long reading waited because that was
	// more than it may.
	CPU, Delayed time.Duration
	// StateFailures is how often the state log could not be written.
	StateFailures uint64
	// Scans is how many scans have ended.
	Scans uint64
}

// counts add up over the life of a tailer.
type counts struct {
	bytesRead, bytesShipped, linesShipped, gaps, gapBytes uint64
	skippedLines, skippedBytes                            uint64
	lastError                                             string
	lastAt                                                time.Time
}

func (c *counts) read(n int) { c.bytesRead += uint64(n) }

func (c *counts) gap(n uint64) { c.gaps, c.gapBytes = c.gaps+1, c.gapBytes+n }

func (c *counts) skip(lines int, n uint64) {
	c.skippedLines, c.skippedBytes = c.skippedLines+uint64(lines), c.skippedBytes+n
}

func (c *counts) shipped(r *pack.Record) {
	c.bytesShipped += uint64(len(r.Value))
	c.linesShipped += uint64(r.Events)
}

func (c *counts) trouble(err error) { c.lastError, c.lastAt = err.Error(), time.Now() }

// lost counts and tells a gap in the file at a path.
func (t *Tailer) lost(path string, gap *record.Segment) {
	t.counts.gap(gap.Len)
	much := "nobody knows how much"
	if gap.Len > 0 {
		much = strconv.FormatUint(gap.Len, 10) + " bytes"
	}
	t.counts.trouble(fmt.Errorf("%s: lost behind offset %d: %s: %s", path, gap.Off, much, gap.Reason))
	t.log.Warn("bytes could not be read", "path", path, "collection", gap.Collection, "offset", gap.Off, "bytes", gap.Len, "cause", gap.Reason)
}

// AllSources asks for the status of every file.
const AllSources = math.MaxInt

func (t *Tailer) status(most int) Status {
	now := time.Now()
	failures, _ := t.state.Failures()
	s := Status{
		Revision: t.set.Revision, Views: t.set.Views, LastError: t.counts.lastError, LastAt: t.counts.lastAt,
		Memory: t.flightBytes, CPU: cpuTime(), Delayed: t.brake.delayed, StateFailures: failures, Scans: t.scans,
		Totals: status.Totals{
			FilesOpen: t.opened.Len(), BytesRead: t.counts.bytesRead, BytesShipped: t.counts.bytesShipped,
			LinesShipped: t.counts.linesShipped, RecordsInAir: len(t.flight),
			Gaps: t.counts.gaps, GapBytes: t.counts.gapBytes, SkippedLines: t.counts.skippedLines, SkippedBytes: t.counts.skippedBytes, FilesRefused: len(t.refused),
			StateFailures: failures,
		},
	}
	if len(t.flight) > 0 {
		s.Totals.UnackedOldest = now.Sub(t.flight[0].Manifest.At).Milliseconds()
	}
	files := map[string]int{}
	for _, f := range t.files {
		if f.view == nil {
			continue
		}
		s.Totals.Files++
		s.Totals.BytesBehind += f.behind()
		files[f.view.Name]++
	}
	if most > 0 {
		s.Sources = t.worstSources(most, now)
	}
	for _, v := range t.set.Views {
		c := status.Collection{Name: v.Name, Rev: v.Rev, Files: files[v.Name], Error: t.problemOf(v.Name)}
		t.limits[v.Name].tell(&c, now)
		s.Collections = append(s.Collections, c)
	}
	for name, problem := range t.set.Errors {
		if t.views[name] == nil {
			s.Collections = append(s.Collections, status.Collection{Name: name, Error: problem})
		}
	}
	return s
}

// worstSources are files that are collected or refused, the worst first.
func (t *Tailer) worstSources(most int, now time.Time) []status.Source {
	files := t.worst(most)
	all := make([]status.Source, 0, len(files))
	for _, f := range files {
		all = append(all, f.status(now))
	}
	for name, r := range t.refused {
		all = append(all, status.Source{Path: name, Collection: r.collection, Error: r.err.Error()})
	}
	slices.SortFunc(all, func(a, b status.Source) int {
		return cmp.Or(cmp.Compare(b.Behind, a.Behind), cmp.Compare(b.Error, a.Error), cmp.Compare(a.Path, b.Path))
	})
	return all[:min(len(all), most)]
}

// worst are the files that are furthest behind or fail. Beats ask for few of many, often,
// so nothing is done for a file but to compare it with the best of those.
func (t *Tailer) worst(most int) []*file {
	var top []*file
	all := most >= len(t.files)
	for _, f := range t.files {
		switch {
		case f.view == nil:
		case all:
			top = append(top, f)
		case len(top) < most || worse(f, top[most-1]) < 0:
			at, _ := slices.BinarySearchFunc(top, f, worse)
			top = slices.Insert(top, at, f)
			top = top[:min(len(top), most)]
		}
	}
	return top
}

// worse orders files, the worst first.
func worse(a, b *file) int {
	failing := func(f *file) int {
		if f.err != nil {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(b.behind(), a.behind()), failing(b)-failing(a), cmp.Compare(a.name, b.name))
}

// problemOf is what is wrong with a collection as a whole, or with one of its
// files; empty if nothing is.
func (t *Tailer) problemOf(name string) string {
	if problem := t.set.Errors[name]; problem != "" {
		return problem
	}
	if err := t.problem[name]; err != nil {
		return err.Error()
	}
	refused, example := 0, ""
	for _, r := range t.refused {
		if r.collection != name {
			continue
		}
		refused++
		if text := r.err.Error(); example == "" || text < example {
			example = text
		}
	}
	if refused == 0 {
		return ""
	}
	return plural(refused) + " not collected: " + example
}

func (f *file) status(now time.Time) status.Source {
	s := status.Source{
		ID: f.src.ID.String(), Path: f.name, Collection: f.view.Name, Size: f.size, Offset: f.off,
		Behind: f.behind(), Rate: f.pace.at(now), LastRead: f.lastRead.UTC(),
		Gaps: f.gaps, GapBytes: f.gapBytes, Skipped: f.skipped,
	}
	if f.lastRead.IsZero() {
		s.LastRead = time.Time{}
	}
	if f.err != nil {
		s.Error = f.err.Error()
	}
	return s
}

func plural(n int) string {
	if n == 1 {
		return "1 file is"
	}
	return strconv.Itoa(n) + " files are"
}

// Final is the status after Run has ended.
func (t *Tailer) Final() Status { return t.status(0) }
