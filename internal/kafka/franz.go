package kafka

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/millrace/millrace/internal/wire"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	// topicPause is how soon a franz-go client asks again for a topic that is not there.
	topicPause = 250 * time.Millisecond
	// longestPause bounds its pauses between tries, which double.
	longestPause = time.Second
	// retryTime bounds the tries of a request that is none of a record.
	retryTime = 2 * ioTimeout
)

// Franz makes the options of a franz-go producer with the settings of [Config.Sarama]: it
// is idempotent, keeps the order of records, and gives one up, with the brokers' answer,
// as soon as sarama does. Its connections go through dialer.
func (c Config) Franz(dialer *Dialer) ([]kgo.Opt, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	id := c.ClientID
	if id == "" {
		id = "millrace"
	}
	oldest := new(kversion.Versions)
	oldest.SetMaxKeyVersion(0, produceVersion)
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID(id),
		kgo.MinVersions(oldest),
		kgo.DisableClientMetrics(),
		kgo.RequestTimeoutOverhead(ioTimeout),
		kgo.RetryBackoffFn(pause),
		kgo.RequestRetries(producerRetries),
		kgo.RetryTimeout(retryTime),
		kgo.MetadataMinAge(topicPause),
		kgo.MetadataMaxAge(time.Minute),

		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProduceRequestTimeout(ioTimeout),
		kgo.RecordRetries(producerRetries),
		kgo.UnknownTopicRetries(producerRetries),
		kgo.ProducerBatchMaxBytes(topic.RecordLimit),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(func(key []byte, n int) int { return int(Partition(key, int32(n))) })),
	}
	dial, err := c.dial(dialer)
	if err != nil {
		return nil, err
	}
	login, err := c.login()
	if err != nil {
		return nil, err
	}
	return append(opts, dial, login), nil
}

// produceVersion is the first version of produce requests whose records are what they are
// now, so no broker gets others.
const produceVersion = 3

// pause is how long is waited after a request has failed so many times.
func pause(failures int) time.Duration {
	return min(longestPause, retryPause<<min(failures, 10))
}

func (c Config) dial(dialer *Dialer) (kgo.Opt, error) {
	t, err := c.TLS.Config()
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	if t == nil {
		return kgo.Dialer(dialer.DialContext), nil
	}
	return kgo.Dialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return handshake(ctx, conn, addr, t)
	}), nil
}

// handshake begins TLS on a connection. It closes one on which it fails.
func handshake(ctx context.Context, conn net.Conn, addr string, t *tls.Config) (net.Conn, error) {
	if t.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, fmt.Errorf("kafka: %w", err)
		}
		t = t.Clone()
		t.ServerName = host
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	secured := tls.Client(conn, t)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // of which nobody can hear any more
		return nil, err
	}
	return secured, nil
}

func (c Config) login() (kgo.Opt, error) {
	if c.SASL.Mechanism == "" {
		return kgo.SASL(), nil
	}
	password, err := wire.Reveal("sasl.password_file", c.SASL.Password, c.SASL.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	var m sasl.Mechanism
	switch c.SASL.Mechanism {
	case ScramSHA256:
		m = scram.Auth{User: c.SASL.User, Pass: password}.AsSha256Mechanism()
	case ScramSHA512:
		m = scram.Auth{User: c.SASL.User, Pass: password}.AsSha512Mechanism()
	default:
		m = plain.Auth{User: c.SASL.User, Pass: password}.AsMechanism()
	}
	return kgo.SASL(m), nil
}

// FranzLogTo is the option that sends a franz-go client's log to log at debug level, with
// as few lines a second as [LogTo] lets through.
func FranzLogTo(log *slog.Logger) kgo.Opt {
	return kgo.WithLogger(franzLogger{NewLogger(log.With("library", "franz-go"), slog.LevelDebug)})
}

// franzLogger is a Logger as franz-go wants it.
type franzLogger struct{ *Logger }

// Level implements kgo.Logger.
func (l franzLogger) Level() kgo.LogLevel {
	if l.log.Enabled(context.Background(), l.level) {
		return kgo.LogLevelInfo
	}
	return kgo.LogLevelNone
}

// Log implements kgo.Logger.
func (l franzLogger) Log(_ kgo.LogLevel, text string, pairs ...any) {
	l.write(func() string { return text + " " + strings.TrimSuffix(fmt.Sprintln(pairs...), "\n") })
}
