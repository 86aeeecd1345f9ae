package processors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/schemas/topic"
)

// AppTopics is the input that stands for the topics of all apps, those to come
// included.
const AppTopics = topic.LogsPrefix + "*"

// lookEvery is how often topics are asked for where an input is a pattern: a new app
// is taken up that much later.
const lookEvery = 5 * time.Second

// errInputs ends a life of a processor whose patterns match other topics now.
var errInputs = errors.New("processors: the inputs have changed")

// hasPattern reports whether an input stands for several topics.
func (s Spec) hasPattern() bool {
	return slices.ContainsFunc(s.Inputs, func(in string) bool { return strings.HasSuffix(in, "*") })
}

// among is the spec with the topics, in the order of their names, that its inputs
// stand for. What the processor writes itself is never an input.
func (s Spec) among(topics []string) Spec {
	var inputs []string
	for _, in := range s.Inputs {
		prefix, pattern := strings.CutSuffix(in, "*")
		if !pattern {
			inputs = append(inputs, in)
			continue
		}
		for _, name := range topics {
			if strings.HasPrefix(name, prefix) && !s.writes(name) {
				inputs = append(inputs, name)
			}
		}
	}
	slices.Sort(inputs)
	s.Inputs = slices.Compact(inputs)
	return s
}

func (s Spec) writes(name string) bool {
	return name == s.DeadLetter || name == topic.TableOf(s.Group) || slices.Contains(s.Outputs, name)
}

// all are the names of all topics.
func (c *cluster) all() ([]string, error) {
	if err := c.client.RefreshMetadata(); err != nil {
		return nil, fmt.Errorf("processors: list of topics: %w", err)
	}
	names, err := c.client.Topics()
	if err != nil {
		return nil, fmt.Errorf("processors: list of topics: %w", err)
	}
	return names, nil
}

// await is the spec with topics for patterns, once there are any.
func (c *cluster) await(ctx context.Context, spec Spec, log *slog.Logger) (Spec, error) {
	if !spec.hasPattern() {
		return spec, nil
	}
	for said := false; ; said = true {
		names, err := c.all()
		if err != nil {
			return spec, err
		}
		if fixed := spec.among(names); len(fixed.Inputs) > 0 {
			return fixed, nil
		}
		if !said {
			log.Info("waiting for a topic to read", "inputs", spec.Inputs)
		}
		if !sleep.For(ctx, lookEvery) {
			return spec, ctx.Err()
		}
	}
}

// watch calls change once the patterns of a spec match other topics than those it
// has now. It ends then, and with ctx. While Kafka is away nothing is changed.
func (c *cluster) watch(ctx context.Context, spec Spec, now []string, change func()) {
	for sleep.For(ctx, lookEvery) {
		names, err := c.all()
		if err != nil {
			continue
		}
		if next := spec.among(names).Inputs; len(next) > 0 && !slices.Equal(next, now) {
			change()
			return
		}
	}
}
