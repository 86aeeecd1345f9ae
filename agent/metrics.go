package agent

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/schemas/status"
)

// scrapeTime bounds how long a scrape waits for the tailer.
const scrapeTime = time.Second

// metrics shows the totals of beats to Prometheus. It asks when it is scraped, so
// counting costs nothing on the way of the lines.
type metrics struct {
	teller atomic.Pointer[teller]
	descs  []metric
	scans  *prometheus.Desc
	inputs []inputMetric
}

// inputMetric is told of each input, by its name. The host's own settings bound them.
type inputMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*status.Input) float64
}

type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*status.Totals) float64
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{scans: prometheus.NewDesc("millrace_agent_scans_total", "Searches of all globs that have ended. If it stands still, a tree is too large for scan_every, or a file system hangs.", nil, nil)}
	add := func(name, help string, kind prometheus.ValueType, value func(*status.Totals) float64) {
		m.descs = append(m.descs, metric{prometheus.NewDesc("millrace_agent_"+name, help, nil, nil), kind, value})
	}
	counter, gauge := prometheus.CounterValue, prometheus.GaugeValue
	add("files", "Files collected now.", gauge, func(t *status.Totals) float64 { return float64(t.Files) })
	add("files_open", "Files held open; raise open_files if it is always at the budget and files are reopened often.", gauge, func(t *status.Totals) float64 { return float64(t.FilesOpen) })
	add("files_refused", "Files that match and cannot be collected; the beats say why.", gauge, func(t *status.Totals) float64 { return float64(t.FilesRefused) })
	add("behind_bytes", "Bytes in files that are not yet in a record. If it grows, Kafka is slow or down.", gauge, func(t *status.Totals) float64 { return float64(t.BytesBehind) })
	add("read_bytes_total", "Bytes read into records.", counter, func(t *status.Totals) float64 { return float64(t.BytesRead) })
	add("shipped_bytes_total", "Bytes that all replicas of Kafka have.", counter, func(t *status.Totals) float64 { return float64(t.BytesShipped) })
	add("shipped_lines_total", "Events that all replicas of Kafka have.", counter, func(t *status.Totals) float64 { return float64(t.LinesShipped) })
	add("records_in_flight", "Records not yet acknowledged; at its bound reading pauses.", gauge, func(t *status.Totals) float64 { return float64(t.RecordsInAir) })
	add("gaps_total", "Ranges that could not be read or shipped. Each is a loss; look for its cause in the log.", counter, func(t *status.Totals) float64 { return float64(t.Gaps) })
	add("gap_bytes_total", "Bytes in gaps.", counter, func(t *status.Totals) float64 { return float64(t.GapBytes) })
	add("skipped_lines_total", "Lines left out because the limits of their collection were reached; its beats say which.", counter, func(t *status.Totals) float64 { return float64(t.SkippedLines) })
	add("skipped_bytes_total", "Bytes left out by limits, and holes of NUL bytes.", counter, func(t *status.Totals) float64 { return float64(t.SkippedBytes) })
	add("ship_errors_total", "Times that Kafka could not be reached or refused; all is sent again.", counter, func(t *status.Totals) float64 { return float64(t.ShipErrors) })
	add("state_failures_total", "Writes of the state log that failed. Look at the disk of state_dir: while they fail, a crash repeats lines.", counter, func(t *status.Totals) float64 { return float64(t.StateFailures) })
	add("oldest_unacked_seconds", "Age of the oldest record not yet acknowledged.", gauge, func(t *status.Totals) float64 { return float64(t.UnackedOldest) / 1000 })
	m.addInputs()
	if reg == nil {
		return m, nil
	}
	if err := reg.Register(m); err != nil && !errors.As(err, new(prometheus.AlreadyRegisteredError)) {
		return nil, err
	}
	return m, nil
}

func (m *metrics) addInputs() {
	add := func(name, help string, kind prometheus.ValueType, value func(*status.Input) float64) {
		m.inputs = append(m.inputs, inputMetric{prometheus.NewDesc("millrace_agent_input_"+name, help, []string{"input"}, nil), kind, value})
	}
	counter, gauge := prometheus.CounterValue, prometheus.GaugeValue
	add("received_total", "Events that an input has put into its spool.", counter, func(in *status.Input) float64 { return float64(in.Received) })
	add("received_bytes_total", "Bytes of these events.", counter, func(in *status.Input) float64 { return float64(in.ReceivedBytes) })
	add("dropped_total", "Events that were lost: the spool was full, or an OTLP record too long. Raise spool_bytes, or see why Kafka is slow.", counter, func(in *status.Input) float64 { return float64(in.Dropped) })
	add("cut_total", "Events that were longer than max_event_bytes, or ended with their connection.", counter, func(in *status.Input) float64 { return float64(in.Cut) })
	add("refused_total", "Connections and requests turned away; the last error says why.", counter, func(in *status.Input) float64 { return float64(in.Refused) })
	add("spool_bytes", "Bytes that lie on disk for Kafka. If it nears the limit, Kafka is slow or down, or no collection asks for the input.", gauge, func(in *status.Input) float64 { return float64(in.SpoolBytes) })
	add("spool_limit_bytes", "How many bytes may lie there.", gauge, func(in *status.Input) float64 { return float64(in.SpoolLimit) })
}

// watch says whose totals to show; nil: nobody's.
func (m *metrics) watch(t *teller) { m.teller.Store(t) }

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.scans
	for _, d := range m.descs {
		ch <- d.desc
	}
	for _, d := range m.inputs {
		ch <- d.desc
	}
}

// Collect implements prometheus.Collector. While no agent runs there is nothing.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	t := m.teller.Load()
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	beat, err := t.beat(ctx, false)
	if err != nil {
		return
	}
	ch <- prometheus.MustNewConstMetric(m.scans, prometheus.CounterValue, float64(t.scans.Load()))
	for _, d := range m.descs {
		ch <- prometheus.MustNewConstMetric(d.desc, d.kind, d.value(&beat.Totals))
	}
	for _, d := range m.inputs {
		for i := range beat.Inputs {
			ch <- prometheus.MustNewConstMetric(d.desc, d.kind, d.value(&beat.Inputs[i]), beat.Inputs[i].Name)
		}
	}
}
