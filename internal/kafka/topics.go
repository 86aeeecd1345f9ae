package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// TopicSpec is a topic as it must be. Only the settings named in Config are set
// and compared.
type TopicSpec struct {
	Name        string
	Partitions  int32
	Replication int16
	Config      map[string]string
}

// ErrMismatch is wrapped by what EnsureTopics returns when a topic exists but is
// not as it must be. Waiting does not cure it: an operator must act.
var ErrMismatch = errors.New("topic is not as it must be")

// Finding is one way in which a topic is not as it must be, or should be.
type Finding struct {
	Topic string
	What  string // what was wanted, and what is there
	Fix   string // the command that puts it right
	// Fatal: work is impossible, or loses data, until an operator acts.
	Fatal bool
}

// String is the finding in one line.
func (f Finding) String() string { return fmt.Sprintf("topic %s: %s; %s", f.Topic, f.What, f.Fix) }

// EnsureTopics makes the topics that are missing and compares the others. What makes
// work impossible (another partition count or cleanup policy, a max.message.bytes that
// is too small) is an error that says what to do; all else is the operator's to change.
func EnsureTopics(ctx context.Context, cfg Config, specs []TopicSpec) error {
	return withAdmin(ctx, cfg, func(admin sarama.ClusterAdmin) error {
		have, err := details(admin, specs)
		if err != nil {
			return err
		}
		var errs []error
		var there []TopicSpec
		for _, want := range specs {
			if have[want.Name] == nil {
				errs = append(errs, create(admin, want))
			} else {
				there = append(there, want)
			}
		}
		findings, err := compareAll(admin, cfg, there, have)
		return errors.Join(append(errs, err, Fatal(findings))...)
	})
}

// CompareTopics reports what of the topics is not as wanted, by the brokers' real
// settings, defaults included. A topic that is missing is an error that wraps
// sarama.ErrUnknownTopicOrPartition. Where a spec has no partition count, that of the
// first spec's topic is meant; where it has no replication, any will do.
func CompareTopics(ctx context.Context, cfg Config, specs []TopicSpec) (findings []Finding, err error) {
	err = withAdmin(ctx, cfg, func(admin sarama.ClusterAdmin) error {
		have, err := details(admin, specs)
		if err != nil {
			return err
		}
		for _, want := range specs {
			if have[want.Name] == nil {
				return fmt.Errorf("kafka: topic %s: %w", want.Name, sarama.ErrUnknownTopicOrPartition)
			}
		}
		findings, err = compareAll(admin, cfg, specs, have)
		return err
	})
	return findings, err
}

// Fatal is the findings that make work impossible as one error, one line each, that
// wraps ErrMismatch; nil when there are none.
func Fatal(findings []Finding) error {
	var errs []error
	for _, f := range findings {
		if f.Fatal {
			errs = append(errs, fmt.Errorf("kafka: topic %s: %w: %s; %s", f.Topic, ErrMismatch, f.What, f.Fix))
		}
	}
	return errors.Join(errs...)
}

// withAdmin lends a client that is cut off when ctx ends.
func withAdmin(ctx context.Context, cfg Config, use func(sarama.ClusterAdmin) error) error {
	sc, err := cfg.Sarama()
	if err != nil {
		return err
	}
	dialer := NewDialer()
	dialer.Use(sc)
	defer context.AfterFunc(ctx, dialer.Kill)()
	admin, err := sarama.NewClusterAdmin(cfg.Brokers, sc)
	if err != nil {
		return fmt.Errorf("kafka: %w", cfg.Explain(ctx, err))
	}
	err = use(admin)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return errors.Join(cfg.Explain(ctx, err), admin.Close())
}

// details are the topics that are there.
func details(admin sarama.ClusterAdmin, specs []TopicSpec) (map[string]*sarama.TopicMetadata, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.Name
	}
	list, err := admin.DescribeTopics(names)
	if err != nil {
		return nil, fmt.Errorf("kafka: describe topics: %w", err)
	}
	have := map[string]*sarama.TopicMetadata{}
	for _, t := range list {
		switch {
		case errors.Is(t.Err, sarama.ErrUnknownTopicOrPartition):
		case t.Err != sarama.ErrNoError && t.Err != sarama.ErrLeaderNotAvailable:
			return nil, fmt.Errorf("kafka: describe topic %s: %w", t.Name, t.Err)
		default:
			have[t.Name] = t
		}
	}
	return have, nil
}

func create(admin sarama.ClusterAdmin, want TopicSpec) error {
	detail := &sarama.TopicDetail{
		NumPartitions:     want.Partitions,
		ReplicationFactor: want.Replication,
		ConfigEntries:     make(map[string]*string, len(want.Config)),
	}
	for k, v := range want.Config {
		detail.ConfigEntries[k] = &v
	}
	err := admin.CreateTopic(want.Name, detail, false)
	if errors.Is(err, sarama.ErrTopicAlreadyExists) { // somebody else was faster
		return nil
	}
	if err != nil {
		return fmt.Errorf("kafka: create topic %s, partitions %d, replication %d: %w", want.Name, want.Partitions, want.Replication, err)
	}
	return nil
}
