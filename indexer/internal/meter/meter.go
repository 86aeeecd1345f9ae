// Package meter holds the indexer's metrics. Events obey
//
//	in = out + dropped + dead-lettered + returned + in flight
//
// where returned events were given back unsettled at a rebalance or stop and are
// delivered again. The metrics may be left unregistered; they count all the same.
package meter

import "github.com/prometheus/client_golang/prometheus"

// Results, the label of Out.
const (
	Created   = "created"
	Duplicate = "duplicate"
)

// Meter is the indexer's metrics.
type Meter struct {
	In           prometheus.Counter
	Out          *prometheus.CounterVec // result
	Dropped      *prometheus.CounterVec // reason
	DeadLettered *prometheus.CounterVec // reason
	Returned     prometheus.Counter
	Repaired     prometheus.Counter
	Gap          prometheus.Counter

	Bulk      prometheus.Histogram
	BulkBytes prometheus.Counter
	Retries   *prometheus.CounterVec // cause
	Delay     prometheus.Histogram
	InFlight  prometheus.Gauge
	Paused    prometheus.Gauge
	Waiting   *prometheus.GaugeVec // cause
	// WaitingIndices is how many indices those documents are for.
	WaitingIndices prometheus.Gauge
	Concurrency    prometheus.Gauge
	Deleted        prometheus.Counter
}

// New makes the metrics and registers them; reg may be nil. They are registered
// once in a process and indexer.
func New(reg prometheus.Registerer) *Meter {
	m := &Meter{
		In:           counter("in_total", "Events read from the app topics."),
		Out:          vec("out_total", "Events that are in the index: created now, or duplicate (delivered again after a crash or rebalance). Many duplicates in calm times: look for restarts.", "result"),
		Dropped:      vec("dropped_total", "Events that were not indexed on purpose. expired: older than their collection keeps events; raise its retention_days, or look why they came late.", "reason"),
		DeadLettered: vec("dead_lettered_total", "Events put into the dead letter topic. Read their cause there, cure it, drive them again.", "reason"),
		Returned:     counter("returned_total", "Events given back unsettled at a rebalance or stop; they are delivered again."),
		Repaired:     counter("repaired_total", "Events of which a field that did not fit the mapping was moved to the overflow field. Find the tag _mapping_conflict and change the pipeline."),
		Gap:          counter("gap_records_total", "Records that Kafka deleted before they were read. They are lost to the index: give the topics more retention or the store more power."),
		Bulk: histogram("bulk_seconds", "Time of one bulk request. Above a second the store is short of power.",
			prometheus.ExponentialBuckets(0.005, 2, 14)),
		BulkBytes: counter("bulk_bytes_total", "Bytes of bulk bodies as sent, after compression."),
		Retries:   vec("retries_total", "Requests that are repeated, by cause. overload: the store is short of power; unavailable: it is away or refuses us.", "cause"),
		Delay: histogram("delay_seconds", "Time from reading a line on its host to its answer from the store, once for each batch.",
			prometheus.ExponentialBuckets(0.05, 2, 16)),
		InFlight: gauge("in_flight_bytes", "Bytes of records that are read and not settled. At the budget, reading waits."),
		Paused:   gauge("paused", "1 while the store is away: it takes no request at all. Look at its log and ours."),
		Waiting: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: prefix + "waiting_documents",
			Help: "Documents that one index refuses for now; they wait, all others flow. blocked: it is closed, blocked or on a full disk; unavailable: its shards are away; missing: it cannot be made; overload: its node has too much to do. Our log names the index.",
		}, []string{"cause"}),
		WaitingIndices: gauge("waiting_indices", "Indices that documents wait for. Our log names them, and their reasons."),
		Concurrency:    gauge("concurrency", "Bulk requests that may run at once now. Below in_flight the store is overloaded."),
		Deleted:        counter("indices_deleted_total", "Indices deleted because their retention is over."),
	}
	if reg != nil {
		reg.MustRegister(m.In, m.Out, m.Dropped, m.DeadLettered, m.Returned, m.Repaired, m.Gap, m.Bulk, m.BulkBytes,
			m.Retries, m.Delay, m.InFlight, m.Paused, m.Waiting, m.WaitingIndices, m.Concurrency, m.Deleted)
	}
	return m
}

// Lag registers the two lag gauges, which are asked for when somebody reads them.
func (m *Meter) Lag(reg prometheus.Registerer, records, seconds func() float64) {
	if reg == nil {
		return
	}
	reg.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: prefix + "lag_records",
			Help: "Records in the partitions of this member that are not read yet, as of the last fetch.",
		}, records),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: prefix + "lag_seconds",
			Help: "Age of the oldest record that is read and not settled, since its lines were read on their host. Growing: the store is away or too slow.",
		}, seconds),
	)
}

const prefix = "millrace_indexer_"

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + name, Help: help})
}

func vec(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, []string{label})
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + name, Help: help})
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: prefix + name, Help: help, Buckets: buckets})
}
