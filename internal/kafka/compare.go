package kafka

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/IBM/sarama"
)

// The settings whose meaning is known here.
const (
	maxMessageBytes = "max.message.bytes"
	cleanupPolicy   = "cleanup.policy"
	minInsync       = "min.insync.replicas"
)

// fatal are the settings without which work is impossible, or loses data.
var fatal = []string{maxMessageBytes, cleanupPolicy}

// compared are the settings that are compared if a spec names them. Others are how
// brokers store things, and nobody else's business.
var compared = []string{maxMessageBytes, cleanupPolicy, "retention.ms", minInsync, "message.timestamp.type"}

func compareAll(admin sarama.ClusterAdmin, cfg Config, specs []TopicSpec, have map[string]*sarama.TopicMetadata) ([]Finding, error) {
	var findings []Finding
	for _, want := range specs {
		if want.Partitions == 0 {
			want.Partitions = int32(len(have[specs[0].Name].Partitions))
		}
		findings = append(findings, compareShape(cfg, want, have[want.Name])...)
		entries, err := settings(admin, want)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if f := unwritable(cfg, have[want.Name], e); f != nil {
				findings = append(findings, *f)
				continue
			}
			if w, ok := want.Config[e.Name]; ok && !fits(e.Name, w, e.Value) {
				findings = append(findings, Finding{
					Topic: want.Name, What: fmt.Sprintf("want %s=%s, have %s", e.Name, w, e.Value), Fatal: slices.Contains(fatal, e.Name),
					Fix: fmt.Sprintf("set it with kafka-configs.sh %s --alter --entity-type topics --entity-name %s --add-config %s=%s", cfg.ToolFlags(), want.Name, e.Name, w),
				})
			}
		}
	}
	return findings, nil
}

// compareShape compares what is fixed when a topic is made.
func compareShape(cfg Config, want TopicSpec, have *sarama.TopicMetadata) []Finding {
	var findings []Finding
	if n := int32(len(have.Partitions)); n != want.Partitions {
		findings = append(findings, Finding{
			Topic: want.Name, What: fmt.Sprintf("want %d partitions, have %d", want.Partitions, n), Fatal: true,
			Fix: fmt.Sprintf("partition counts cannot change after installing: set the count to %d, or move to new topics", n),
		})
	}
	if least := replicas(have); least < want.Replication {
		findings = append(findings, Finding{
			Topic: want.Name, What: fmt.Sprintf("want %d replicas, have %d", want.Replication, least),
			Fix: fmt.Sprintf("add replicas with kafka-reassign-partitions.sh %s --execute --reassignment-json-file FILE", cfg.ToolFlags()),
		})
	}
	return findings
}

// unwritable finds that a topic has fewer replicas than must have a record: brokers then
// refuse every record, for ever.
func unwritable(cfg Config, have *sarama.TopicMetadata, e sarama.ConfigEntry) *Finding {
	need, err := strconv.Atoi(e.Value)
	n := int(replicas(have))
	if e.Name != minInsync || err != nil || need <= n {
		return nil
	}
	return &Finding{
		Topic: have.Name, What: fmt.Sprintf("nobody can write to it: it has %d replicas and %s=%d", n, minInsync, need), Fatal: true,
		Fix: fmt.Sprintf("add replicas with kafka-reassign-partitions.sh %s --execute --reassignment-json-file FILE, or set %s=%d with kafka-configs.sh --alter",
			cfg.ToolFlags(), minInsync, max(1, n-1)),
	}
}

// replicas is the least number of replicas of any partition.
func replicas(t *sarama.TopicMetadata) int16 {
	least := int16(math.MaxInt16)
	for _, p := range t.Partitions {
		least = min(least, int16(len(p.Replicas)))
	}
	return least
}

// ToolFlags are how Kafka's own tools reach the brokers that we reach.
func (c Config) ToolFlags() string {
	flags := "--bootstrap-server " + strings.Join(c.Brokers, ",")
	if c.TLS.Enabled || c.SASL.Mechanism != "" {
		flags += " --command-config admin.properties"
	}
	return flags
}

// settings asks for those settings of a topic that are compared, and for minInsync.
func settings(admin sarama.ClusterAdmin, want TopicSpec) ([]sarama.ConfigEntry, error) {
	resource := &sarama.ConfigResource{Type: sarama.TopicResource, Name: want.Name}
	for _, name := range compared {
		if _, ok := want.Config[name]; ok || name == minInsync {
			resource.ConfigNames = append(resource.ConfigNames, name)
		}
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
