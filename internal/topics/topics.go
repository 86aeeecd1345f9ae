// Package topics is the plan of an installation's Kafka topics: which there are,
// and with which settings. It is plain data; internal/kafka carries it out.
//
// Whoever installs Millrace (internal/standalone, or admin on real servers)
// ensures System; whoever publishes a collection ensures App before it.
package topics

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/topic"
)

// Plan is what an installation may choose.
type Plan struct {
	// Partitions of every topic: tables lie in the partitions of their input, and
	// goka wants all inputs of a group to agree, so there is one number and it
	// stays. It bounds how many processes can share the work.
	Partitions int32 `koanf:"partitions" yaml:"partitions"`
	// Replication of every topic; 3 on a real cluster.
	Replication int16 `koanf:"replication" yaml:"replication"`
	// Raw and Logs are how long raw records and event batches stay. That is how
	// long the stage behind may be down before it loses lines.
	Raw  time.Duration `koanf:"raw_retention" yaml:"raw_retention"`
	Logs time.Duration `koanf:"logs_retention" yaml:"logs_retention"`
	// Dead is how long dead letters wait for somebody to look at them.
	Dead time.Duration `koanf:"dead_retention" yaml:"dead_retention"`
}

// Default is the plan for a real cluster: an outage that begins on a Friday
// evening is survived until Monday.
func Default() Plan {
	return Plan{Partitions: 24, Replication: 3, Raw: 72 * time.Hour, Logs: 72 * time.Hour, Dead: 14 * 24 * time.Hour}
}

// Embedded is the plan for one machine: what was indexed is not kept twice for
// longer than a day.
func Embedded() Plan {
	return Plan{Partitions: 4, Replication: 1, Raw: 24 * time.Hour, Logs: 24 * time.Hour, Dead: 7 * 24 * time.Hour}
}

// Validate reports every problem, each beginning with the path of its key.
func (p Plan) Validate() error {
	var errs []error
	if p.Partitions < 1 {
		errs = append(errs, fmt.Errorf("partitions: must be at least 1, is %d", p.Partitions))
	}
	if p.Replication < 1 {
		errs = append(errs, fmt.Errorf("replication: must be at least 1, is %d", p.Replication))
	}
	for _, r := range []struct {
		key  string
		time time.Duration
	}{{"raw_retention", p.Raw}, {"logs_retention", p.Logs}, {"dead_retention", p.Dead}} {
		if r.time < time.Minute {
			errs = append(errs, fmt.Errorf("%s: must be at least 1m, is %s", r.key, r.time))
		}
	}
	return errors.Join(errs...)
}

// beatRetention is how long beats stay: the fleet table keeps the newest.
const beatRetention = time.Hour

// newsRetention is how long that stays which nobody reads later: readers begin at the
// newest.
const newsRetention = 10 * time.Minute

// segmentBytes is the size of a log segment where retention is short: brokers
// delete whole segments only.
const segmentBytes = 64 << 20

// System are the topics that every installation has.
func System(p Plan) []kafka.TopicSpec {
	return []kafka.TopicSpec{
		p.stream(topic.Raw, p.Raw),
		p.stream(topic.Agents, beatRetention),
		p.stream(topic.AgentSources, newsRetention),
		p.stream(topic.Stages, newsRetention),
		p.stream(topic.DeadRaw, p.Dead),
		p.stream(topic.DeadLogs, p.Dead),
		p.stream(topic.DeadAgents, p.Dead),
		p.stream(topic.DeadAdopt, p.Dead),
		p.table(topic.GroupEnrich),
		p.table(topic.GroupFleet),
	}
}

// App is the topic of one app.
func App(app string, p Plan) kafka.TopicSpec { return p.stream(topic.Logs(app), p.Logs) }

// stream keeps records for a time. Retention goes by the brokers' clock, not by
// the record's own time: an agent with a wrong clock must not lose its lines.
func (p Plan) stream(name string, keep time.Duration) kafka.TopicSpec {
	return p.spec(name, map[string]string{
		"cleanup.policy":         "delete",
		"retention.ms":           strconv.FormatInt(keep.Milliseconds(), 10),
		"segment.bytes":          strconv.Itoa(segmentBytes),
		"message.timestamp.type": "LogAppendTime",
	})
}

// table keeps the newest value of each key.
func (p Plan) table(group string) kafka.TopicSpec {
	return p.spec(topic.TableOf(group), map[string]string{
		"cleanup.policy": "compact",
		"segment.bytes":  strconv.Itoa(segmentBytes),
	})
}

func (p Plan) spec(name string, config map[string]string) kafka.TopicSpec {
	// With three replicas one broker may be away; acks=all means that two have it.
	config["min.insync.replicas"] = strconv.Itoa(max(1, int(p.Replication)-1))
	config["max.message.bytes"] = strconv.Itoa(topic.RecordLimit)
	return kafka.TopicSpec{Name: name, Partitions: p.Partitions, Replication: p.Replication, Config: config}
}
