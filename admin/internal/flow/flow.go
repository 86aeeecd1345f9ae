package flow

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/topic"
)

// Stage is one stage, over all of its instances that live now.
type Stage struct {
	Name                  string
	Instances             int
	In, Out               uint64
	Dropped, DeadLettered map[string]uint64 // by reason
	RateIn, RateOut       float64           // a second
	Measuring             bool              // there are instances, but the rates of none are known yet
	LagRecords            int64             // in Kafka and not yet settled
	LagSeconds            float64
	LastError             string
	LastErrorAt           *time.Time
}

// Flow is what is known of the flow. Safe for concurrent use; make it with New.
type Flow struct {
	cfg  kafka.Config
	log  *slog.Logger
	now  func() time.Time
	lags *lags

	mu        sync.Mutex
	instances map[string]*instance // by key of their beats
	agents    map[string]*shipping // by agent id
}

// New makes a flow and starts nothing.
func New(cfg kafka.Config, log *slog.Logger, now func() time.Time) *Flow {
	log = obs.Component(log, "flow")
	return &Flow{
		cfg: cfg, log: log, now: now, lags: newLags(cfg, log),
		instances: map[string]*instance{}, agents: map[string]*shipping{},
	}
}

// Run follows the beats until ctx ends and returns nil then.
func (f *Flow) Run(ctx context.Context) error {
	defer f.lags.close()
	return kafka.Follow(ctx, f.cfg, []string{topic.Stages}, f.log, func() {}, f.take)
}

// take is told of one record of the stages topic.
func (f *Flow) take(m *sarama.ConsumerMessage) {
	beat, err := stage.Decode(m.Value)
	if err != nil {
		f.log.Debug("the stages topic holds what is no beat", "error", err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	f.forget(now)
	if beat.Stopping {
		delete(f.instances, beat.Key())
		return
	}
	i := f.instances[beat.Key()]
	if i == nil {
		i = &instance{moved: now}
		f.instances[beat.Key()] = i
	}
	i.add(beat, now)
}

// forget drops the instances that are silent. Time is ours: clocks of roles may differ.
func (f *Flow) forget(now time.Time) {
	for key, i := range f.instances {
		if now.Sub(i.heard) > stage.SilentAfter {
			delete(f.instances, key)
		}
	}
}

// Stages are all stages in the order of the flow, behind them the extra processors that
// live now, by name. agents are the agents' newest beats.
func (f *Flow) Stages(ctx context.Context, agents map[string][]byte) []Stage {
	extras := f.extras()
	names := append([]string{stage.Adopt, stage.Enrich, stage.Indexer, stage.Fleet}, extras...)
	lags := f.lags.get(ctx, extras)
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	f.forget(now)
	all := []Stage{f.agentStage(agents, now)}
	for _, name := range names {
		s := newStage(name)
		s.LagRecords = lags[name]
		for _, i := range f.instances {
			if i.newest().Name == name {
				i.addTo(&s, now)
			}
		}
		all = append(all, s)
	}
	return all
}

// extras are the names of the extra processors that live now.
func (f *Flow) extras() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(f.now())
	found := map[string]bool{}
	for _, i := range f.instances {
		if name := i.newest().Name; !stage.Own(name) {
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func newStage(name string) Stage {
	return Stage{Name: name, Dropped: map[string]uint64{}, DeadLettered: map[string]uint64{}}
}

// count adds an instance, of which the rates are known or not yet.
func (s *Stage) count(known bool) {
	s.Measuring = !known && (s.Instances == 0 || s.Measuring)
	s.Instances++
}

// trouble takes over an error if it is newer than the one that is known.
func (s *Stage) trouble(text string, at *time.Time) {
	if text != "" && at != nil && (s.LastErrorAt == nil || at.After(*s.LastErrorAt)) {
		s.LastError, s.LastErrorAt = text, at
	}
}
