package search

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	docs, bytes prometheus.Counter
	duplicates  prometheus.Counter
	commits     prometheus.Histogram
	searches    prometheus.Histogram
	damaged     prometheus.Gauge
}

// newMetrics registers the store's metrics; a nil registerer keeps them to themselves.
func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		docs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "millrace_search_documents_total",
			Help: "Documents written and committed. Flat while logs arrive: look at the indexer.",
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "millrace_search_bytes_total",
			Help: "Bytes of the documents written. Tells how fast the data folder grows: about half of it.",
		}),
		duplicates: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "millrace_search_duplicates_total",
			Help: "Documents that were there already. Normal after a restart of the indexer, otherwise find out who sends twice.",
		}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "millrace_search_commit_seconds",
			Help: "Time of a group commit. Above a second: the disk is slow to sync.", Buckets: prometheus.ExponentialBuckets(0.002, 2, 13),
		}),
		searches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "millrace_search_query_seconds",
			Help: "Time of a search. Above seconds: narrow its time range or filter on indexed fields.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 15),
		}),
		damaged: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "millrace_search_damaged_files",
			Help: "Files of events of which all or a part cannot be read. Not 0: the log names them; repair them or move them away, and start again.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.docs, m.bytes, m.duplicates, m.commits, m.searches, m.damaged)
	}
	return m
}

func (m *metrics) committed(items []*item, took time.Duration) {
	m.commits.Observe(took.Seconds())
	for _, it := range items {
		switch {
		case it.full != "" || it.orphan:
		case it.doc.Exists:
			m.duplicates.Inc()
		default:
			m.docs.Inc()
			m.bytes.Add(float64(len(it.doc.Source)))
		}
	}
}
