package processors

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of one processor. Several processors share a registry.
type metrics struct {
	in, out, resent, sessions, dropped prometheus.Counter
	window, delay, leftOut             prometheus.Gauge
	deadLettered                       *prometheus.CounterVec // reason
	healed                             *prometheus.CounterVec // reason
	gap                                *prometheus.CounterVec // topic
}

func newMetrics(reg prometheus.Registerer, group string) *metrics {
	c := func(name, help string, labels ...string) *prometheus.CounterVec {
		return register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "millrace", Subsystem: "processor", Name: name, Help: help,
		}, append([]string{"processor"}, labels...)))
	}
	g := func(name, help string) *prometheus.GaugeVec {
		return register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "millrace", Subsystem: "processor", Name: name, Help: help,
		}, []string{"processor"}))
	}
	of := prometheus.Labels{"processor": group}
	return &metrics{
		in: c("records_in_total", "Records given to the step, counting those delivered again.").With(of),
		out: c("records_out_total", "Records that the step emitted and Kafka acknowledged, dead letters and tables aside.").
			With(of),
		resent: c("resent_total", "Records sent again after a failure. If it grows for minutes, look at the brokers.").With(of),
		sessions: c("sessions_total", "Sessions with the consumer group. If it grows steadily, instances come and go or time out.").
			With(of),
		dropped: c("dropped_total", "Records that could never succeed in a processor without a topic for dead letters.").With(of),
		window: g("window_records", "Records delivered and not finished. If it stays at 256 for each partition, writing is what is slow.").
			With(of),
		delay: g("delay_seconds", "Age of the record that was taken last, since Kafka or its producer dated it. If it grows, add instances or look at what is slow.").
			With(of),
		leftOut: g("inputs_left_out", "Topics that are not read because they have another number of partitions than the rest. The log says what to do.").
			With(of),
		deadLettered: c("dead_lettered_total", "Dead letters written. Look at their cause, mend, and drive them again.", "reason").
			MustCurryWith(of),
		healed: c("table_healed_total", "Local tables wiped and read again. Often after a crash is normal; steadily means a bad disk.", "reason").
			MustCurryWith(of),
		gap: c("gap_records_total", "Records that retention took before they were read: lost. Raise retention, or add instances.", "topic").
			MustCurryWith(of),
	}
}

// register adds a collector, or finds the one that another processor has added.
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
