package processors

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/lovoo/goka"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/problems"
	"github.com/millrace/millrace/internal/wire"
	"github.com/millrace/millrace/schemas/topic"
)

// Kafka says where Kafka is. Its fields are those of the section `kafka` of the config
// file: Brokers (host:port, at least one), ClientID, SASL (Mechanism, User, Password,
// PasswordFile) and TLS (Enabled, CAFile, CertFile, KeyFile, ServerName, MinVersion).
type Kafka = kafka.Config

// Secret is a password, such as that in SASL of Kafka, that prints as asterisks:
//
//	cfg.Kafka.SASL.Password = processors.Secret(os.Getenv("KAFKA_PASSWORD"))
type Secret = wire.Secret

// Spec says what a processor is.
type Spec struct {
	// Group is the consumer group. Its table is the topic Group + "-table".
	Group string
	// Inputs are the topics to read. They need equal partition counts, and with a
	// table, records partitioned by goka's hash of their key. One that ends in "*"
	// stands for all topics that begin so, such as [AppTopics]: when there are others,
	// the processor settles what it holds and begins anew with them, which takes some
	// seconds.
	Inputs []string
	// Outputs are topics that are made, with the partition count of the inputs, where
	// they are missing. Emits may go to others too, which must exist.
	Outputs []string
	// Table turns table values into bytes and back. Nil makes the processor stateless.
	Table goka.Codec
	// Step is called once for each record, in order within a partition, and by one
	// goroutine for each partition at a time. A panic makes the record a dead letter.
	Step func(*Context)
	// DeadLetter is the topic for records that can never succeed. If it is empty such
	// records are counted and dropped.
	DeadLetter string
}

// TableTopic is the topic that keeps the table, empty for a stateless processor.
func (s Spec) TableTopic() string {
	if s.Table == nil {
		return ""
	}
	return topic.TableOf(s.Group)
}

// topicName is what a group or an output may be called.
var topicName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)

// Validate reports every problem of the spec.
func (s Spec) Validate() error {
	var errs []error
	if s.Group == "" {
		errs = append(errs, errors.New("processors: group must not be empty"))
	} else if !topicName.MatchString(s.Group) {
		errs = append(errs, fmt.Errorf("processors: %q cannot be a group: it names a topic and a folder, so it is made of letters, digits, dashes, dots and "+
			"underscores, begins with a letter or digit, and has at most 200", s.Group))
	}
	if len(s.Inputs) == 0 {
		errs = append(errs, fmt.Errorf("processors: %s: inputs must name at least one topic", s.Group))
	}
	for _, in := range s.Inputs {
		switch {
		case in == "":
			errs = append(errs, fmt.Errorf("processors: %s: an input must not be empty", s.Group))
		case in == s.DeadLetter || in == topic.TableOf(s.Group):
			errs = append(errs, fmt.Errorf("processors: %s: %q cannot be an input: the processor writes to it", s.Group, in))
		case strings.Contains(in[:len(in)-1], "*"):
			errs = append(errs, fmt.Errorf("processors: %s: %q cannot be an input: only the last character may be a *", s.Group, in))
		}
	}
	for _, out := range s.Outputs {
		if !topicName.MatchString(out) {
			errs = append(errs, fmt.Errorf("processors: %s: %q cannot be an output: no topic can be called that", s.Group, out))
		}
	}
	if s.Step == nil {
		errs = append(errs, fmt.Errorf("processors: %s: step must be set", s.Group))
	}
	return errors.Join(errs...)
}

// DefaultSessionTimeout is that of DefaultConfig.
const DefaultSessionTimeout = 10 * time.Second

// Config says where a processor runs.
type Config struct {
	Kafka Kafka `koanf:"kafka" yaml:"kafka"`
	// StateDir holds the local copies of tables, in StateDir/Instance/Group. They are
	// caches: a lost or broken one is read again from its topic.
	StateDir string `koanf:"state_dir" yaml:"state_dir"`
	// Instance tells instances on one StateDir apart. Two that run at once must differ.
	Instance string `koanf:"instance" yaml:"instance"`
	// Replication of topics that the processor makes; 0 stands for that of its first
	// input.
	Replication int `koanf:"replication" yaml:"replication"`
	// SessionTimeout is how long the group waits for a killed instance.
	SessionTimeout time.Duration `koanf:"session_timeout" yaml:"session_timeout"`
	// StaticMember is this instance's group.instance.id; empty for none. An instance that
	// has one does not leave its groups when it ends, so restarting it within the session
	// timeout moves no partition; stopping it for good stalls its partitions for as long.
	StaticMember string `koanf:"static_member" yaml:"static_member,omitempty"`
}

// DefaultConfig is the Config to start from.
func DefaultConfig() Config {
	return Config{Instance: "0", SessionTimeout: DefaultSessionTimeout}
}

// minSessionTimeout leaves room for three lost heartbeats. Brokers may ask for more: six
// seconds unless configured.
const minSessionTimeout = 4 * heartbeat

// Validate reports every problem, each beginning with the path of its key.
func (c Config) Validate() error {
	errs := []error{problems.Under("kafka", c.Kafka.Validate())}
	if c.StateDir == "" {
		errs = append(errs, errors.New("state_dir: must not be empty"))
	}
	if c.Instance == "" {
		errs = append(errs, errors.New("instance: must not be empty"))
	}
	if c.Replication < 0 {
		errs = append(errs, fmt.Errorf("replication: must not be negative, is %d", c.Replication))
	}
	if c.SessionTimeout < minSessionTimeout {
		errs = append(errs, fmt.Errorf("session_timeout: must be at least %v, is %v", minSessionTimeout, c.SessionTimeout))
	}
	return errors.Join(errs...)
}

// Deps are a processor's collaborators. Zero fields get harmless defaults.
type Deps struct {
	Log      *slog.Logger
	Registry prometheus.Registerer
}

func (d Deps) withDefaults() Deps {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return d
}
