package live

import "github.com/prometheus/client_golang/prometheus"

// metrics of the live tails. They count whether they are registered or not.
type metrics struct {
	tails                     prometheus.Gauge
	hits, skipped, unreadable prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "millrace", Subsystem: "admin", Name: name, Help: help})
	}
	m := &metrics{
		tails: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "millrace", Subsystem: "admin", Name: "tails",
			Help: "Live tails that are open now. At 50 no more are let in.",
		}),
		hits:       counter("tail_hits_total", "Lines that live tails took."),
		skipped:    counter("tail_skipped_total", "Lines left out of live tails because there were too many for the browser. A narrower filter shows all."),
		unreadable: counter("tail_unreadable_records_total", "Records in app topics that are no event batches. Look at who writes to these topics."),
	}
	if reg != nil {
		reg.MustRegister(m.tails, m.hits, m.skipped, m.unreadable)
	}
	return m
}
