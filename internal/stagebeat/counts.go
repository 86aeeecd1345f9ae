package stagebeat

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/millrace/millrace/schemas/stage"
)

// source is the metrics that mean something of a stage. A metric of several stages is
// narrowed by the prefix of its label processor.
type source struct {
	in, out, delay        string
	dropped, deadLettered []string
	processor             string
	exact                 bool // the label is the whole of it
	// tables is set where the output is a table: what is not put aside is in it.
	tables bool
}

// sources are those of every stage, by its name.
var sources = map[string]source{
	stage.Enrich: {
		in: "millrace_enrich_lines_in_total", out: "millrace_enrich_lines_out_total", delay: processorDelay,
		dropped:      []string{"millrace_enrich_dropped_total"},
		deadLettered: []string{"millrace_enrich_dead_lettered_total", "millrace_enrich_refused_records_total"},
		processor:    "enrich",
	},
	stage.Adopt: {
		in: "millrace_processor_records_in_total", out: "millrace_processor_records_out_total", delay: processorDelay,
		dropped:      []string{"millrace_processor_dropped_total"},
		deadLettered: []string{"millrace_processor_dead_lettered_total"},
		processor:    "adopt",
	},
	stage.Fleet: {
		in: "millrace_processor_records_in_total", delay: processorDelay,
		deadLettered: []string{"millrace_processor_dead_lettered_total"},
		processor:    "fleet", tables: true,
	},
	stage.Indexer: {
		in: "millrace_indexer_in_total", out: "millrace_indexer_out_total", delay: "millrace_indexer_lag_seconds",
		dropped:      []string{"millrace_indexer_dropped_total"},
		deadLettered: []string{"millrace_indexer_dead_lettered_total"},
	},
}

// extra is the source of an extra processor.
func extra(group string, tables bool) source {
	s := sources[stage.Adopt]
	s.processor, s.exact, s.tables = group, true, tables
	return s
}

const processorDelay = "millrace_processor_delay_seconds"

// gathered are metrics by name.
type gathered map[string]*dto.MetricFamily

// gather reads a registry. One bad collector does not hide the others.
func gather(g prometheus.Gatherer) gathered {
	families, _ := g.Gather() // what could be gathered is there
	all := make(gathered, len(families))
	for _, f := range families {
		all[f.GetName()] = f
	}
	return all
}

// fill puts a stage's counts into its beat.
func (g gathered) fill(b *stage.Beat, s source) {
	b.In = g.sum(s.in, s)
	b.Dropped, b.DeadLettered = map[string]uint64{}, map[string]uint64{}
	for _, name := range s.dropped {
		g.byReason(name, s, b.Dropped)
	}
	for _, name := range s.deadLettered {
		g.byReason(name, s, b.DeadLettered)
	}
	b.Out = g.sum(s.out, s)
	if s.tables {
		b.Out = b.In
		for _, lost := range []map[string]uint64{b.Dropped, b.DeadLettered} {
			for _, n := range lost {
				b.Out -= min(n, b.Out)
			}
		}
	}
	b.DelaySeconds = g.most(s.delay, s)
}

// each calls fn with the metrics of a name that belong to the stage.
func (g gathered) each(name string, s source, fn func(*dto.Metric)) {
	for _, m := range g[name].GetMetric() {
		of, ok := label(m, "processor")
		if !ok || of == s.processor || !s.exact && strings.HasPrefix(of, s.processor+"-") {
			fn(m)
		}
	}
}

func (g gathered) sum(name string, s source) uint64 {
	var sum float64
	g.each(name, s, func(m *dto.Metric) { sum += m.GetCounter().GetValue() })
	return uint64(sum)
}

func (g gathered) most(name string, s source) float64 {
	var most float64
	g.each(name, s, func(m *dto.Metric) { most = max(most, m.GetGauge().GetValue()) })
	return most
}

// byReason adds up a counter by its label reason, or under "unknown" where it has none.
func (g gathered) byReason(name string, s source, into map[string]uint64) {
	g.each(name, s, func(m *dto.Metric) {
		reason, ok := label(m, "reason")
		if !ok {
			reason = "unknown"
		}
		if n := uint64(m.GetCounter().GetValue()); n > 0 {
			into[reason] += n
		}
	})
}

func label(m *dto.Metric, name string) (string, bool) {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue(), true
		}
	}
	return "", false
}
