package enrich

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
)

// metrics count lines, that is, events; package processors counts records. All
// count what is processed again after a crash again.
type metrics struct {
	in, inBytes, out, outBytes     prometheus.Counter
	failures, again, resets        prometheus.Counter
	gaps, gapBytes, skipped, told  prometheus.Counter
	waiting                        prometheus.Gauge
	dropped, deadLettered, refused *prometheus.CounterVec // reason
}

func newMetrics(reg prometheus.Registerer) *metrics {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "millrace", Subsystem: "enrich", Name: name, Help: help}
	}
	c := func(name, help string) prometheus.Counter {
		return register(reg, prometheus.NewCounter(opts(name, help)))
	}
	by := func(name, help string) *prometheus.CounterVec {
		return register(reg, prometheus.NewCounterVec(opts(name, help), []string{"reason"}))
	}
	return &metrics{
		in:       c("lines_in_total", "Events found in raw records. In = out + dropped + dead-lettered."),
		inBytes:  c("bytes_in_total", "Bytes of these events in their files."),
		out:      c("lines_out_total", "Events written to app topics."),
		outBytes: c("bytes_out_total", "Bytes of their documents."),
		failures: c("failures_total", "Events sent on although a step of their pipeline failed; search for the tag _*_failure."),
		again:    c("records_again_total", "Records delivered again and not counted in the host table again. Normal after a crash."),
		resets: c("table_resets_total",
			"Hosts whose state could not be read and begins anew. Look at the log; counts of these hosts start at zero."),
		gaps:     c("gaps_total", "Ranges that agents could not read or ship. Look for their cause in the raw topic."),
		gapBytes: c("gap_bytes_total", "Bytes of these ranges."),
		skipped:  c("skipped_lines_total", "Lines that agents left out by a rule."),
		told:     c("ranges_told_total", "Events in app topics that say what is missing of a file; they are no lines."),
		waiting: register(reg, prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "millrace", Subsystem: "enrich", Name: "waiting_partitions",
			Help: "Partitions that wait for etcd or for a revision. If it stays above 0, look at etcd.",
		})),
		dropped:      by("dropped_total", "Events ended by a drop step."),
		deadLettered: by("dead_lettered_total", "Events in dead letters. Look at their cause, mend, and drive them again."),
		refused:      by("refused_records_total", "Whole records put aside, their events not counted anywhere. Look at who writes to the raw topic."),
	}
}

// add counts what became of one record.
func (m *metrics) add(out *refine.Output) {
	t := &out.Tally
	add(m.in, t.In)
	add(m.inBytes, t.InBytes)
	add(m.out, t.Out)
	add(m.failures, t.Failed)
	add(m.gaps, t.Gaps)
	add(m.gapBytes, t.GapBytes)
	add(m.skipped, t.SkippedLines)
	add(m.told, t.Told)
	if t.Dropped > 0 {
		m.dropped.WithLabelValues(refine.DropPipeline).Add(float64(t.Dropped))
	}
	for i := range out.Batches {
		add(m.outBytes, out.Batches[i].Size())
	}
	for i := range out.Letters {
		m.deadLettered.WithLabelValues(out.Letters[i].Reason).Add(float64(out.Letters[i].Events))
	}
}

// add leaves a counter alone that others have near where there is nothing to count.
func add[N int | uint64](to prometheus.Counter, n N) {
	if n != 0 {
		to.Add(float64(n))
	}
}

// register adds a collector, or finds the one that an earlier Run has added.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	if reg == nil {
		return c
	}
	var there prometheus.AlreadyRegisteredError
	if err := reg.Register(c); errors.As(err, &there) {
		if old, ok := there.ExistingCollector.(C); ok {
			return old
		}
	}
	return c
}
