package flow

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/schemas/status"
)

// scrapeTime bounds how long a scrape waits for Kafka.
const scrapeTime = 2 * time.Second

// States of an agent.
const (
	Running = "running"
	Stopped = "stopped"
	Silent  = "silent"
)

// StateOf is the state of an agent whose newest beat this is.
func StateOf(b *status.Agent, now time.Time) string {
	switch {
	case b.Stopping:
		return Stopped
	case now.Sub(b.LastHeard()) > AgentSilentAfter:
		return Silent
	}
	return Running
}

// Metrics shows the flow to Prometheus: what no single role can tell of itself. It asks
// when it is scraped.
type Metrics struct {
	flow   *Flow
	agents func() (map[string][]byte, error)

	byState, instances, lagRecords, lagSeconds *prometheus.Desc
}

// NewMetrics makes the collector; agents are the agents' newest beats.
func NewMetrics(f *Flow, agents func() (map[string][]byte, error)) *Metrics {
	desc := func(name, help, label string) *prometheus.Desc {
		return prometheus.NewDesc("millrace_admin_"+name, help, []string{label}, nil)
	}
	return &Metrics{
		flow: f, agents: agents,
		byState:    desc("agents", "Agents that were ever heard of, by state. silent: no beat for 15 seconds; look at the host.", "state"),
		instances:  desc("stage_instances", "Instances of a stage that live. None: nothing passes it.", "stage"),
		lagRecords: desc("stage_lag_records", "Records in Kafka that a stage has not settled. If it grows for long, add instances.", "stage"),
		lagSeconds: desc("stage_lag_seconds", "How far behind a stage is. It must stay far below the retention of its topic.", "stage"),
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.byState, m.instances, m.lagRecords, m.lagSeconds} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. Before the fleet table is read there is
// nothing.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	beats, err := m.agents()
	if err != nil {
		return
	}
	states := map[string]int{Running: 0, Stopped: 0, Silent: 0}
	now := m.flow.now()
	for _, text := range beats {
		if b, err := status.Decode(text); err == nil {
			states[StateOf(b, now)]++
		}
	}
	gauge := func(d *prometheus.Desc, value float64, label string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, label)
	}
	for state, n := range states {
		gauge(m.byState, float64(n), state)
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	for _, s := range m.flow.Stages(ctx, beats) {
		gauge(m.instances, float64(s.Instances), s.Name)
		gauge(m.lagRecords, float64(s.LagRecords), s.Name)
		gauge(m.lagSeconds, s.LagSeconds, s.Name)
	}
}
