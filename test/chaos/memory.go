package main

import (
	"context"
	"time"

	"github.com/millrace/millrace/test/chaos/plan"
)

// memory is what the largest of each role's programs held at a time.
type memory struct {
	at                        time.Time
	agent, processor, indexer int64
}

// memoryEvery is the time between two looks.
const memoryEvery = time.Second

// watchMemory looks until ctx ends.
func (r *run) watchMemory(ctx context.Context) {
	for wait(ctx, memoryEvery) {
		m := memory{time.Now(), r.site.Memory(plan.Agent), r.site.Memory(plan.Processor), r.site.Memory(plan.Indexer)}
		r.mu.Lock()
		r.memory = append(r.memory, m)
		r.mu.Unlock()
	}
}

// most is the most of each role in a span.
func most(all []memory, from, to time.Time) memory {
	var top memory
	for _, m := range all {
		if !m.at.Before(from) && !m.at.After(to) {
			top.agent, top.processor, top.indexer = max(top.agent, m.agent), max(top.processor, m.processor), max(top.indexer, m.indexer)
		}
	}
	return top
}
