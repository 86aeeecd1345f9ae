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
	}
	if reg != nil {
		reg.MustRegister(m.docs, m.bytes, m.duplicates, m.commits, m.searches)
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
