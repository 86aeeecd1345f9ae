package kafka

import (
	"testing"

	"github.com/rcrowley/go-metrics"
)

func TestSaramasMetersMeasureNothing(t *testing.T) {
	c, err := Config{Brokers: []string{"localhost:9092"}}.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	r := c.MetricRegistry
	if _, ok := metrics.GetOrRegisterMeter("m", r).(metrics.NilMeter); !ok {
		t.Error("a meter runs")
	}
	if _, ok := metrics.GetOrRegisterCounter("c", r).(metrics.NilCounter); !ok {
		t.Error("a counter counts")
	}
	made := func() metrics.Histogram { return metrics.NewHistogram(metrics.NewUniformSample(1)) } // as sarama makes them
	if _, ok := r.GetOrRegister("h", made).(metrics.NilHistogram); !ok {
		t.Error("a histogram fills")
	}
}
