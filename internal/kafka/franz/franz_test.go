package franz

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/wire/wiretest"
	"github.com/millrace/millrace/schemas/topic"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// sarama's meters tick for ever, one goroutine for the whole process
		goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

func startKafka(t *testing.T, opts ...kfake.Opt) kafka.Config {
	t.Helper()
	c, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return kafka.Config{Brokers: c.ListenAddrs()}
}

// open makes a client of a configuration.
func open(t *testing.T, cfg kafka.Config, more ...kgo.Opt) *kgo.Client {
	t.Helper()
	opts, err := Options(cfg, kafka.NewDialer())
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(append(opts, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestAClientLogsIn(t *testing.T) {
	ca := wiretest.NewCA(t)
	cert, key := ca.Client(t, "agent-1")
	secured := &tls.Config{Certificates: []tls.Certificate{ca.Server(t, "127.0.0.1")}, ClientCAs: ca.Pool, ClientAuth: tls.RequireAndVerifyClientCert}
	for _, mechanism := range []string{kafka.Plain, kafka.ScramSHA256, kafka.ScramSHA512} {
		t.Run(mechanism, func(t *testing.T) {
			cfg := startKafka(t, kfake.TLS(secured), kfake.EnableSASL(), kfake.Superuser(mechanism, "mill", "race"))
			cfg.TLS = kafka.TLS{Enabled: true, CAFile: ca.File, CertFile: cert, KeyFile: key}
			cfg.SASL = kafka.SASL{Mechanism: mechanism, User: "mill", PasswordFile: wiretest.File(t, "race\n")}
			if _, _, err := open(t, cfg).ProducerID(t.Context()); err != nil {
				t.Errorf("with the right password: %v", err)
			}
			cfg.SASL.PasswordFile = wiretest.File(t, "wrong")
			_, _, err := open(t, cfg).ProducerID(t.Context())
			if text := fmt.Sprint(cfg.Explain(t.Context(), Error(err))); !strings.Contains(text, `when user "mill" logs in`) {
				t.Errorf("with a wrong password: %s", text)
			}
		})
	}
}

// Errors of this client are read like those of sarama.
func TestItsErrorsAreExplained(t *testing.T) {
	ca := wiretest.NewCA(t)
	cfg := startKafka(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{ca.Server(t, "127.0.0.1")}}), kfake.EnableSASL(), kfake.Superuser(kafka.Plain, "mill", "race"))
	for want, change := range map[string]func(*kafka.Config){
		"is closed when user":       func(c *kafka.Config) { c.SASL.Password = "x" },
		"that we do not trust":      func(c *kafka.Config) { c.TLS.CAFile = "" },
		"speaks TLS, and we do not": func(c *kafka.Config) { c.TLS = kafka.TLS{} },
	} {
		t.Run(want, func(t *testing.T) {
			c := cfg
			c.SASL, c.TLS = kafka.SASL{Mechanism: kafka.Plain, User: "mill", Password: "race"}, kafka.TLS{Enabled: true, CAFile: ca.File}
			change(&c)
			_, _, err := open(t, c).ProducerID(t.Context())
			if text := fmt.Sprint(c.Explain(t.Context(), Error(err))); !strings.Contains(text, want) {
				t.Errorf("%v is explained as %s", err, text)
			}
		})
	}
	denied := fmt.Errorf("emit: %w", kerr.TopicAuthorizationFailed)
	if text := cfg.Explain(t.Context(), Error(denied)).Error(); !strings.Contains(text, "lacks an ACL") {
		t.Errorf("a missing ACL is explained as %s", text)
	}
}

func TestKeysGoWhereSaramaPutsThem(t *testing.T) {
	client := open(t, startKafka(t, kfake.SeedTopics(16, "t")))
	for i := range 100 {
		key := fmt.Appendf(nil, "host-%d", i)
		r, err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Key: key}).First()
		if err != nil {
			t.Fatal(err)
		}
		if want := kafka.Partition(key, 16); r.Partition != want {
			t.Errorf("%s is in partition %d, want %d", key, r.Partition, want)
		}
	}
	if _, err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte("without a key")}).First(); err != nil {
		t.Error(err)
	}
}

func TestNothingIsDialedAfterKill(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	d := kafka.NewDialer()
	opts, err := Options(kafka.Config{Brokers: []string{silent.Addr().String()}}, d)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ended := make(chan error, 1)
	go func() {
		_, _, err := client.ProducerID(t.Context())
		ended <- err
	}()
	conn, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	d.Kill()
	if err := <-ended; err == nil || kafka.Classify(Error(err)) == kafka.RecordPermanent {
		t.Errorf("error %v", err)
	}
	if _, err := d.DialContext(t.Context(), "tcp", silent.Addr().String()); !errors.Is(err, kafka.ErrKilled) {
		t.Errorf("dial after Kill: %v, want ErrKilled", err)
	}
}

func TestAClientIsSafe(t *testing.T) {
	client := open(t, kafka.Config{Brokers: []string{"k:1"}})
	for _, c := range []struct {
		option any
		want   any
		why    string
	}{
		{kgo.RequiredAcks, kgo.AllISRAcks(), "a record may be lost"},
		{kgo.DisableIdempotentWrite, false, "a record may be written twice or change its place"},
		{kgo.AllowIdempotentProduceCancellation, false, "a record may be given up that is written later"},
		{kgo.AllowAutoTopicCreation, false, "topics are made by naming them"},
		{kgo.ClientID, "millrace", "brokers do not know who we are"},
	} {
		if got := client.OptValue(c.option); got != c.want {
			t.Errorf("%v, want %v: %s", got, c.want, c.why)
		}
	}
	if limit := client.OptValue(kgo.ProducerBatchMaxBytesFn).(func(string) int32)("t"); limit != topic.RecordLimit {
		t.Errorf("records up to %d bytes, want %d", limit, topic.RecordLimit)
	}
}
