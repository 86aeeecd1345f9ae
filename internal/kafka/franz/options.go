package franz

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/millrace/millrace/internal/kafka"
)

const (
	// topicPause is how soon a client asks again for a topic that is not there.
	topicPause = 250 * time.Millisecond
	// longestPause bounds its pauses between tries, which double.
	longestPause = time.Second
	// produceVersion is the first version of produce requests whose records are what they
	// are now, so no broker gets others.
	produceVersion = 3
)

// Options makes the options of a producer with the settings of [kafka.Config.Sarama]: it
// is idempotent, keeps the order of records, and gives one up, with the brokers' answer,
// as soon as sarama does. Its connections go through dialer.
func Options(cfg kafka.Config, dialer *kafka.Dialer) ([]kgo.Opt, error) {
	like, err := cfg.Sarama()
	if err != nil {
		return nil, err
	}
	oldest := new(kversion.Versions)
	oldest.SetMaxKeyVersion(0, produceVersion)
	tries := like.Producer.Retry.Max
	return []kgo.Opt{
		kgo.SeedBrokers(cfg.Brokers...),
		kgo.ClientID(like.ClientID),
		kgo.MinVersions(oldest),
		kgo.DisableClientMetrics(),
		kgo.RequestTimeoutOverhead(like.Net.ReadTimeout),
		kgo.RetryBackoffFn(func(failures int) time.Duration {
			return min(longestPause, like.Producer.Retry.Backoff<<min(failures, 10))
		}),
		kgo.RequestRetries(tries),
		kgo.RetryTimeout(like.Admin.Timeout),
		kgo.MetadataMinAge(topicPause),
		kgo.MetadataMaxAge(like.Metadata.RefreshFrequency),

		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProduceRequestTimeout(like.Producer.Timeout),
		kgo.RecordRetries(tries),
		kgo.UnknownTopicRetries(tries),
		kgo.ProducerBatchMaxBytes(int32(like.Producer.MaxMessageBytes)),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(func(key []byte, n int) int { return int(kafka.Partition(key, int32(n))) })),

		dial(like, dialer),
		login(like),
	}, nil
}

func dial(like *sarama.Config, dialer *kafka.Dialer) kgo.Opt {
	if !like.Net.TLS.Enable {
		return kgo.Dialer(dialer.DialContext)
	}
	return kgo.Dialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, like.Net.DialTimeout)
		defer cancel()
		return handshake(ctx, conn, addr, like.Net.TLS.Config)
	})
}

// handshake begins TLS on a connection. It closes one on which it fails.
func handshake(ctx context.Context, conn net.Conn, addr string, t *tls.Config) (net.Conn, error) {
	if t.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			_ = conn.Close() // nothing was said on it
			return nil, fmt.Errorf("kafka: %w", err)
		}
		t = t.Clone()
		t.ServerName = host
	}
	secured := tls.Client(conn, t)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // of which nobody can hear any more
		return nil, err
	}
	return secured, nil
}

func login(like *sarama.Config) kgo.Opt {
	user, password := like.Net.SASL.User, like.Net.SASL.Password
	var m sasl.Mechanism
	switch like.Net.SASL.Mechanism {
	case kafka.ScramSHA256:
		m = scram.Auth{User: user, Pass: password}.AsSha256Mechanism()
	case kafka.ScramSHA512:
		m = scram.Auth{User: user, Pass: password}.AsSha512Mechanism()
	case kafka.Plain:
		m = plain.Auth{User: user, Pass: password}.AsMechanism()
	default:
		return kgo.SASL()
	}
	return kgo.SASL(m)
}
