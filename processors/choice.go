package processors

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/topic"
)

// choice is what the inputs of a spec with patterns stand for at a time.
type choice struct {
	inputs     []string
	partitions int            // of each input
	odd        map[string]int // the partitions of topics that have another count; nobody reads these
}

// reads reports whether the same is read as in another choice.
func (c choice) reads(other choice) bool {
	return slices.Equal(c.inputs, other.inputs) && c.partitions == other.partitions
}

// choose leaves out the topics of patterns whose partition count is not that of the rest:
// goka refuses them all otherwise. The right one of the counts is that of the table, of an
// input that is named, or else of most topics.
func (s Spec) choose(counts map[string]int) choice {
	all := s.among(slices.Sorted(maps.Keys(counts))).Inputs
	c := choice{partitions: s.partitions(all, counts), odd: map[string]int{}}
	for _, name := range all {
		if counts[name] == c.partitions || slices.Contains(s.Inputs, name) {
			c.inputs = append(c.inputs, name)
		} else {
			c.odd[name] = counts[name]
		}
	}
	return c
}

func (s Spec) partitions(inputs []string, counts map[string]int) int {
	if n := counts[topic.TableOf(s.Group)]; s.Table != nil && n > 0 {
		return n
	}
	topics := map[int]int{} // by count
	for _, name := range inputs {
		if slices.Contains(s.Inputs, name) {
			return counts[name]
		}
		topics[counts[name]]++
	}
	most := 0
	for _, n := range slices.Sorted(maps.Keys(topics)) { // a count only ever grows: the least of equals
		if topics[n] > topics[most] {
			most = n
		}
	}
	return most
}

// tellEvery is how often it is told again that topics are left out: who looks at the page
// sees the newest trouble.
const tellEvery = time.Minute

// teller tells which topics are left out, and what to do about it.
type teller struct {
	cfg     kafka.Config
	log     *slog.Logger
	leftOut prometheus.Gauge
	told    time.Time
	waits   bool
}

func (t *teller) tell(c choice) {
	t.leftOut.Set(float64(len(c.odd)))
	if len(c.inputs) == 0 && !t.waits {
		t.waits = true
		t.log.Info("waiting for a topic to read")
	}
	if len(c.odd) == 0 || time.Since(t.told) < tellEvery {
		return
	}
	t.told = time.Now()
	for _, name := range slices.Sorted(maps.Keys(c.odd)) {
		t.log.Error("a topic is left out, nothing of it is processed", "topic", name, "error", odd(t.cfg, name, c.odd[name], c.partitions))
	}
}

// odd says what is wrong with a topic, and what to do.
func odd(cfg kafka.Config, name string, have, want int) error {
	tool := "kafka-topics.sh " + cfg.ToolFlags()
	return fmt.Errorf("%w: %s has %d partitions, and what it is read with has %d; once all its groups have read it to its end, "+
		"make it anew: %s --delete --topic %s, then %s --create --topic %s --partitions %d, with the replication and settings it had",
		kafka.ErrMismatch, name, have, want, tool, name, tool, name, want)
}
