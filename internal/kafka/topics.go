package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"

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

// The settings that are compared.
const (
	maxMessageBytes = "max.message.bytes"
	cleanupPolicy   = "cleanup.policy"
)

// EnsureTopics makes the topics that are missing and compares the others:
// partition count, cleanup.policy and max.message.bytes (which may be larger than
// asked for). Every mismatch is reported with what was wanted, what is there and
// what to do. Other settings are the operator's to change.
func EnsureTopics(ctx context.Context, cfg Config, specs []TopicSpec) error {
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
	err = ensure(admin, specs)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return errors.Join(err, admin.Close())
}

func ensure(admin sarama.ClusterAdmin, specs []TopicSpec) error {
	have, err := admin.ListTopics()
	if err != nil {
		return fmt.Errorf("kafka: list topics: %w", err)
	}
	var errs []error
	for _, want := range specs {
		if detail, ok := have[want.Name]; ok {
			errs = append(errs, compare(admin, want, detail))
			continue
		}
		errs = append(errs, create(admin, want))
	}
	return errors.Join(errs...)
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
		return fmt.Errorf("kafka: create topic %s: %w", want.Name, err)
	}
	return nil
}

func compare(admin sarama.ClusterAdmin, want TopicSpec, have sarama.TopicDetail) error {
	var errs []error
	if have.NumPartitions != want.Partitions {
		errs = append(errs, fmt.Errorf("kafka: topic %s: %w: want %d partitions, have %d; partition counts cannot change after installing: set the count to %d, or move to new topics",
			want.Name, ErrMismatch, want.Partitions, have.NumPartitions, have.NumPartitions))
	}
	entries, err := settings(admin, want)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, e := range entries {
		w, ok := want.Config[e.Name]
		if !ok || fits(e.Name, w, e.Value) {
			continue
		}
		errs = append(errs, fmt.Errorf("kafka: topic %s: %w: want %s=%s, have %s; set it with kafka-configs --alter --entity-type topics --entity-name %s --add-config %s=%s",
			want.Name, ErrMismatch, e.Name, w, e.Value, want.Name, e.Name, w))
	}
	return errors.Join(errs...)
}

// settings asks for those settings of a topic that are compared.
func settings(admin sarama.ClusterAdmin, want TopicSpec) ([]sarama.ConfigEntry, error) {
	resource := &sarama.ConfigResource{Type: sarama.TopicResource, Name: want.Name}
	for _, name := range []string{cleanupPolicy, maxMessageBytes} {
		if _, ok := want.Config[name]; ok {
			resource.ConfigNames = append(resource.ConfigNames, name)
		}
	}
	if len(resource.ConfigNames) == 0 {
		return nil, nil
	}
	results, err := admin.DescribeConfigs([]*sarama.ConfigResource{resource}, sarama.DescribeConfigsOptions{})
	if err != nil {
		return nil, fmt.Errorf("kafka: describe topic %s: %w", want.Name, err)
	}
	var entries []sarama.ConfigEntry
	for _, r := range results {
		if r.ErrorCode != sarama.ErrNoError {
			return nil, fmt.Errorf("kafka: describe topic %s: %w", want.Name, r.ErrorCode)
		}
		entries = append(entries, r.Configs...)
	}
	return entries, nil
}

// fits compares a setting: a larger max.message.bytes does no harm.
func fits(name, want, have string) bool {
	if name != maxMessageBytes {
		return want == have
	}
	w, errW := strconv.Atoi(want)
	h, errH := strconv.Atoi(have)
	return errW == nil && errH == nil && h >= w
}
