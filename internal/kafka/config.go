package kafka

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/wire"
	"github.com/millrace/millrace/schemas/topic"
)

// Names of the SASL mechanisms.
const (
	Plain       = sarama.SASLTypePlaintext
	ScramSHA256 = sarama.SASLTypeSCRAMSHA256
	ScramSHA512 = sarama.SASLTypeSCRAMSHA512
)

const (
	// dialTimeout and ioTimeout bound every request: a broker that says nothing for
	// so long counts as gone.
	dialTimeout = 5 * time.Second
	ioTimeout   = 5 * time.Second
	// retryPause is waited between tries to find out who leads a partition.
	retryPause = 100 * time.Millisecond
	// producerRetries is small because sarama sizes arrays by it and gives up early
	// anyway; those who must not lose re-send by themselves.
	producerRetries = 3
	// responseRoom is what a fetch response may need above one full record batch.
	responseRoom = 1 << 20
)

// Config says where Kafka is and how to talk to it.
type Config struct {
	Brokers  []string `koanf:"brokers" yaml:"brokers"`     // host:port, at least one
	ClientID string   `koanf:"client_id" yaml:"client_id"` // shown in brokers' logs and quotas; "millrace" when empty
	SASL     SASL     `koanf:"sasl" yaml:"sasl"`
	TLS      TLS      `koanf:"tls" yaml:"tls"`
}

// SASL says who we are. An empty mechanism means that nobody asks.
type SASL struct {
	Mechanism    string      `koanf:"mechanism" yaml:"mechanism"` // Plain, ScramSHA256, ScramSHA512 or empty
	User         string      `koanf:"user" yaml:"user"`
	Password     wire.Secret `koanf:"password" yaml:"password"`
	PasswordFile string      `koanf:"password_file" yaml:"password_file"` // read when Sarama is called; its last newline is cut
}

// TLS says whether connections are encrypted and with which files.
type TLS = wire.TLS

// Validate reports every problem, each beginning with the path of its key. It
// reads no file.
func (c Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if len(c.Brokers) == 0 {
		bad("brokers", "must name at least one host:port")
	}
	for i, b := range c.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			bad(fmt.Sprintf("brokers[%d]", i), "must be host:port, is %q", b)
		}
	}
	switch c.SASL.Mechanism {
	case "":
		if c.SASL.User != "" {
			bad("sasl.mechanism", "must be set when sasl.user is")
		}
	case Plain, ScramSHA256, ScramSHA512:
		if c.SASL.User == "" {
			bad("sasl.user", "must be set when sasl.mechanism is")
		}
		if (c.SASL.Password == "") == (c.SASL.PasswordFile == "") {
			bad("sasl.password", "set exactly one of sasl.password and sasl.password_file")
		}
	default:
		bad("sasl.mechanism", "must be empty, %s, %s or %s, is %q", Plain, ScramSHA256, ScramSHA512, c.SASL.Mechanism)
	}
	return errors.Join(append(errs, c.TLS.Problems()...)...)
}

// Sarama makes a fresh configuration with our safe settings: nothing counts as
// written before all replicas have it, reading begins at the oldest offset, a lag
// beyond retention is an error and never a silent jump, and topics are never made
// by naming them. Callers may change the copy they get; goka's builders do.
func (c Config) Sarama() (*sarama.Config, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	s := sarama.NewConfig()
	s.Version = sarama.V2_8_0_0
	s.ClientID = c.ClientID
	if s.ClientID == "" {
		s.ClientID = "millrace"
	}
	s.MetricRegistry = unmetered{}
	setNet(s)
	setProducer(s)
	setConsumer(s)
	if err := c.setTLS(s); err != nil {
		return nil, err
	}
	if err := c.setSASL(s); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	return s, nil
}

func setNet(s *sarama.Config) {
	s.Net.DialTimeout = dialTimeout
	s.Net.ReadTimeout = ioTimeout
	s.Net.WriteTimeout = ioTimeout
	s.Net.KeepAlive = 30 * time.Second
	s.Net.MaxOpenRequests = 1 // keeps the order of records when a batch is sent again
	s.Metadata.AllowAutoTopicCreation = false
	s.Metadata.RefreshFrequency = time.Minute
	s.Metadata.Retry.Max = 3
	s.Metadata.Retry.Backoff = retryPause
	s.Admin.Timeout = 2 * ioTimeout
}

func setProducer(s *sarama.Config) {
	s.Producer.RequiredAcks = sarama.WaitForAll
	s.Producer.Idempotent = true
	s.Producer.Compression = sarama.CompressionLZ4
	s.Producer.MaxMessageBytes = topic.RecordLimit
	s.Producer.Partitioner = sarama.NewCustomHashPartitioner(Hasher)
	s.Producer.Timeout = ioTimeout
	s.Producer.Retry.Max = producerRetries
	s.Producer.Retry.Backoff = retryPause
	s.Producer.Return.Successes = true
	s.Producer.Return.Errors = true
}

func setConsumer(s *sarama.Config) {
	s.Consumer.Offsets.Initial = sarama.OffsetOldest
	s.Consumer.Group.ResetInvalidOffsets = false
	s.Consumer.Return.Errors = true
	s.Consumer.Fetch.Max = topic.RecordLimit + responseRoom
	s.Consumer.MaxWaitTime = 250 * time.Millisecond
}

func (c Config) setTLS(s *sarama.Config) error {
	t, err := c.TLS.Config()
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	s.Net.TLS.Enable, s.Net.TLS.Config = t != nil, t
	return nil
}

func (c Config) setSASL(s *sarama.Config) error {
	if c.SASL.Mechanism == "" {
		return nil
	}
	password, err := wire.Reveal("sasl.password_file", c.SASL.Password, c.SASL.PasswordFile)
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	s.Net.SASL.Enable = true
	s.Net.SASL.Handshake = true
	s.Net.SASL.Version = sarama.SASLHandshakeV1
	s.Net.SASL.Mechanism = sarama.SASLMechanism(c.SASL.Mechanism)
	s.Net.SASL.User = c.SASL.User
	s.Net.SASL.Password = password
	s.Net.SASL.SCRAMClientGeneratorFunc = scramClient(c.SASL.Mechanism)
	return nil
}
