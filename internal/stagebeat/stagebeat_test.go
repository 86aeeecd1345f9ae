package stagebeat

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/topic"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

func counter(reg *prometheus.Registry, name string, value float64, labels ...string) {
	var names, values []string
	for i := 0; i < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name}, names)
	var there prometheus.AlreadyRegisteredError
	if err := reg.Register(c); errors.As(err, &there) {
		c = there.ExistingCollector.(*prometheus.CounterVec)
	}
	c.WithLabelValues(values...).Add(value)
}

func registry() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	counter(reg, "millrace_enrich_lines_in_total", 100)
	counter(reg, "millrace_enrich_lines_out_total", 90)
	counter(reg, "millrace_enrich_dropped_total", 7, "reason", "pipeline")
	counter(reg, "millrace_enrich_dead_lettered_total", 3, "reason", "no_revision")
	counter(reg, "millrace_processor_records_in_total", 5, "processor", "adopt-nginx")
	counter(reg, "millrace_processor_records_in_total", 6, "processor", "adopt-syslog")
	counter(reg, "millrace_processor_records_in_total", 40, "processor", "fleet")
	counter(reg, "millrace_processor_records_out_total", 11, "processor", "adopt-nginx")
	counter(reg, "millrace_processor_dead_lettered_total", 2, "processor", "fleet", "reason", "bad_beat")
	counter(reg, "millrace_processor_records_in_total", 8, "processor", "alerts")
	counter(reg, "millrace_processor_records_in_total", 9, "processor", "alerts-2")
	counter(reg, "millrace_processor_records_out_total", 3, "processor", "alerts")
	counter(reg, "millrace_processor_dropped_total", 1, "processor", "alerts")
	counter(reg, "millrace_processor_dead_lettered_total", 2, "processor", "alerts", "reason", "panic")
	counter(reg, "millrace_indexer_in_total", 50)
	counter(reg, "millrace_indexer_out_total", 30, "result", "created")
	counter(reg, "millrace_indexer_out_total", 10, "result", "duplicate")
	counter(reg, "millrace_indexer_dropped_total", 1, "reason", "expired")
	delay := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: processorDelay}, []string{"processor"})
	delay.WithLabelValues("enrich").Set(0.25)
	delay.WithLabelValues("fleet").Set(4)
	reg.MustRegister(delay)
	return reg
}

func TestBeatsCountWhatTheMetricsCount(t *testing.T) {
	enrich, indexer := NewStage(stage.Enrich), NewStage(stage.Indexer)
	enrich.Logger(nil).Warn("etcd is away", "error", errors.New("refused"))
	b := New(kafka.Config{}, registry(), nil, enrich, NewStage(stage.Adopt), NewStage(stage.Fleet), indexer,
		NewExtra("alerts", false), NewExtra("alerts", true))
	got := b.beats(time.Now(), false)
	none := map[string]uint64{}
	want := []*stage.Beat{
		{
			Name: stage.Enrich, In: 100, Out: 90, Dropped: map[string]uint64{"pipeline": 7},
			DeadLettered: map[string]uint64{"no_revision": 3}, DelaySeconds: 0.25, LastError: "etcd is away: refused",
		},
		{Name: stage.Adopt, In: 11, Out: 11, Dropped: none, DeadLettered: none},
		{Name: stage.Fleet, In: 40, Out: 38, Dropped: none, DeadLettered: map[string]uint64{"bad_beat": 2}, DelaySeconds: 4},
		{Name: stage.Indexer, In: 50, Out: 40, Dropped: map[string]uint64{"expired": 1}, DeadLettered: none},
		{Name: "alerts", In: 8, Out: 3, Dropped: map[string]uint64{"unknown": 1}, DeadLettered: map[string]uint64{"panic": 2}},
		{Name: "alerts", In: 8, Out: 5, Dropped: map[string]uint64{"unknown": 1}, DeadLettered: map[string]uint64{"panic": 2}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(stage.Beat{}, "Instance", "Started", "At", "LastErrorAt")); diff != "" {
		t.Error(diff)
	}
	for _, beat := range got {
		if beat.Instance == "" || beat.Instance != got[0].Instance {
			t.Errorf("%s is of instance %q", beat.Name, beat.Instance)
		}
	}
}

func TestBeatsReachKafkaUpToTheLast(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, topic.Stages))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	cfg := kafka.Config{Brokers: cluster.ListenAddrs()}
	log := slog.New(slog.DiscardHandler)
	reading, stopReading := context.WithCancel(t.Context())
	following, beats, read := make(chan struct{}, 1), make(chan *stage.Beat, 100), make(chan error, 1)
	go func() {
		read <- kafka.Follow(reading, cfg, []string{topic.Stages}, log, func() { following <- struct{}{} }, func(m *sarama.ConsumerMessage) {
			beat, err := stage.Decode(m.Value)
			if err != nil || string(m.Key) != beat.Key() {
				t.Errorf("%s under %s: %v", m.Value, m.Key, err)
				return
			}
			beats <- beat
		})
	}()
	<-following
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- New(cfg, registry(), log, NewStage(stage.Indexer)).Run(ctx) }()
	take := func() *stage.Beat {
		select {
		case b := <-beats:
			return b
		case <-time.After(30 * time.Second):
			t.Fatal("no beat")
			return nil
		}
	}
	first := take()
	if first.In != 50 || first.Stopping {
		t.Errorf("the first beat is %+v", first)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	last := take()
	for !last.Stopping {
		last = take()
	}
	if last.Key() != first.Key() || last.At.Before(first.At) {
		t.Errorf("the last beat is %+v", last)
	}
	stopReading()
	if err := <-read; err != nil {
		t.Error(err)
	}
}

func TestBeatsWithoutKafkaHarmNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	log := NewStage(stage.Fleet)
	b := New(kafka.Config{Brokers: []string{"127.0.0.1:1"}}, registry(), log.Logger(nil), NewStage(stage.Fleet))
	go func() { done <- b.Run(ctx) }()
	for end := time.Now().Add(30 * time.Second); log.trouble.Newest() == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nobody is told")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
}
