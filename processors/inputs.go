package processors

import (
	"context"
	"errors"
	"fmt"
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

// among is the spec with those of the topics, in the order of their names, that its inputs
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

// counts are the numbers of partitions of the topics that a spec may mean, and of its table.
func (c *cluster) counts(spec Spec) (map[string]int, error) {
	if err := c.client.RefreshMetadata(); err != nil {
		return nil, fmt.Errorf("processors: list of topics: %w", err)
	}
	names, err := c.client.Topics()
	if err != nil {
		return nil, fmt.Errorf("processors: list of topics: %w", err)
	}
	wanted := spec.among(names).Inputs
	if table := topic.TableOf(spec.Group); slices.Contains(names, table) {
		wanted = append(wanted, table)
	}
	counts := make(map[string]int, len(wanted))
	for _, name := range wanted {
		partitions, err := c.client.Partitions(name)
		if err != nil {
			return nil, fmt.Errorf("processors: topic %s: %w", name, err)
		}
		counts[name] = len(partitions)
	}
	return counts, nil
}

// await is what the patterns of a spec stand for, once there is anything to read.
func (c *cluster) await(ctx context.Context, spec Spec, tell func(choice)) (choice, error) {
	if !spec.hasPattern() {
		return choice{inputs: spec.Inputs}, nil
	}
	for {
		counts, err := c.counts(spec)
		if err != nil {
			return choice{}, err
		}
		chosen := spec.choose(counts)
		tell(chosen)
		if len(chosen.inputs) > 0 {
			return chosen, nil
		}
		if !sleep.For(ctx, lookEvery) {
			return choice{}, ctx.Err()
		}
	}
}

// watch calls change once the patterns of a spec stand for others than now. It ends then,
// and with ctx. While Kafka is away nothing is changed.
func (c *cluster) watch(ctx context.Context, spec Spec, now choice, tell func(choice), change func()) {
	for sleep.For(ctx, lookEvery) {
		counts, err := c.counts(spec)
		if err != nil {
			continue
		}
		next := spec.choose(counts)
		tell(next)
		if len(next.inputs) > 0 && !next.reads(now) {
			change()
			return
		}
	}
}
