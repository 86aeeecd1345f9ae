package flow

import (
	"cmp"
	"slices"
	"strings"

	"github.com/millrace/millrace/schemas/stage"
)

// Failing are the pipelines that fail far more often than they did, over the instances
// that live now and have noticed it, those with most failures first.
func (f *Flow) Failing() []stage.Pipeline {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(f.now())
	byName := map[string]*stage.Pipeline{}
	for _, i := range f.instances {
		for _, p := range i.newest().Pipelines {
			if byName[p.Collection] == nil {
				byName[p.Collection] = &stage.Pipeline{Collection: p.Collection}
			}
			join(byName[p.Collection], &p)
		}
	}
	all := make([]stage.Pipeline, 0, len(byName))
	for _, p := range byName {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b stage.Pipeline) int {
		return cmp.Or(cmp.Compare(b.Minute.Failed, a.Minute.Failed), strings.Compare(a.Collection, b.Collection))
	})
	return all
}

// Failed is how many lines of each collection failed in the last hour, over the instances
// that live now. Collections without failures are left out.
func (f *Flow) Failed() map[string]uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(f.now())
	all := map[string]uint64{}
	for _, i := range f.instances {
		for _, c := range i.newest().Failed {
			all[c.Collection] += c.Failed
		}
	}
	return all
}

// join adds what one instance tells, and keeps the newest lines.
func join(sum, p *stage.Pipeline) {
	sum.Minute, sum.Before = add(sum.Minute, p.Minute), add(sum.Before, p.Before)
	sum.Failing = append(sum.Failing, p.Failing...)
	slices.SortStableFunc(sum.Failing, func(a, b stage.FailingLine) int { return b.At.Compare(a.At) })
	sum.Failing = sum.Failing[:min(len(sum.Failing), stage.MostFailing)]
}

func add(a, b stage.Share) stage.Share {
	return stage.Share{Lines: a.Lines + b.Lines, Failed: a.Failed + b.Failed}
}
