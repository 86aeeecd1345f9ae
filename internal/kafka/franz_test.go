package kafka

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

	"github.com/millrace/millrace/internal/wire/wiretest"
	"github.com/millrace/millrace/schemas/topic"
)

// franz is a franz-go client of a configuration.
func franz(t *testing.T, cfg Config, more ...kgo.Opt) *kgo.Client {
	t.Helper()
	opts, err := cfg.Franz(NewDialer())
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

func TestFranzLogsIn(t *testing.T) {
	ca := wiretest.NewCA(t)
	cert, key := ca.Client(t, "agent-1")
	secured := &tls.Config{Certificates: []tls.Certificate{ca.Server(t, "127.0.0.1")}, ClientCAs: ca.Pool, ClientAuth: tls.RequireAndVerifyClientCert}
	for _, mechanism := range []string{Plain, ScramSHA256, ScramSHA512} {
		t.Run(mechanism, func(t *testing.T) {
			cfg := startKafka(t, kfake.TLS(secured), kfake.EnableSASL(), kfake.Superuser(mechanism, "mill", "race"))
			cfg.TLS = TLS{Enabled: true, CAFile: ca.File, CertFile: cert, KeyFile: key}
			cfg.SASL = SASL{Mechanism: mechanism, User: "mill", PasswordFile: wiretest.File(t, "race\n")}
			if _, _, err := franz(t, cfg).ProducerID(t.Context()); err != nil {
				t.Errorf("with the right password: %v", err)
			}
			cfg.SASL.PasswordFile = wiretest.File(t, "wrong")
			_, _, err := franz(t, cfg).ProducerID(t.Context())
			if text := fmt.Sprint(cfg.Explain(t.Context(), err)); !strings.Contains(text, `when user "mill" logs in`) {
				t.Errorf("with a wrong password: %s", text)
			}
		})
	}
}

// Errors of this client are read like those of sarama.
func TestAFranzClientsErrorIsExplained(t *testing.T) {
	ca := wiretest.NewCA(t)
	cfg := startKafka(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{ca.Server(t, "127.0.0.1")}}), kfake.EnableSASL(), kfake.Superuser(Plain, "mill", "race"))
	for want, change := range map[string]func(*Config){
		"is closed when user":       func(c *Config) { c.SASL.Password = "x" },
		"that we do not trust":      func(c *Config) { c.TLS.CAFile = "" },
		"speaks TLS, and we do not": func(c *Config) { c.TLS = TLS{} },
	} {
		t.Run(want, func(t *testing.T) {
			c := cfg
			c.SASL, c.TLS = SASL{Mechanism: Plain, User: "mill", Password: "race"}, TLS{Enabled: true, CAFile: ca.File}
			change(&c)
			_, _, err := franz(t, c).ProducerID(t.Context())
			if text := fmt.Sprint(c.Explain(t.Context(), err)); !strings.Contains(text, want) {
				t.Errorf("%v is explained as %s", err, text)
			}
		})
	}
	denied := fmt.Errorf("emit: %w", kerr.TopicAuthorizationFailed)
	if text := cfg.Explain(t.Context(), denied).Error(); !strings.Contains(text, "lacks an ACL") {
		t.Errorf("a missing ACL is explained as %s", text)
	}
}

func TestFranzPutsKeysWhereSaramaPutsThem(t *testing.T) {
	client := franz(t, startKafka(t, kfake.SeedTopics(16, "t")))
	for i := range 100 {
		key := fmt.Appendf(nil, "host-%d", i)
		r, err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Key: key}).First()
		if err != nil {
			t.Fatal(err)
		}
		if want := Partition(key, 16); r.Partition != want {
			t.Errorf("%s is in partition %d, want %d", key, r.Partition, want)
		}
	}
	if _, err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte("without a key")}).First(); err != nil {
		t.Error(err)
	}
}

func TestFranzDialsNothingAfterKill(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	d := NewDialer()
	opts, err := Config{Brokers: []string{silent.Addr().String()}}.Franz(d)
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
	if err := <-ended; err == nil || Classify(err) == RecordPermanent {
		t.Errorf("error %v", err)
	}
	if _, err := d.DialContext(t.Context(), "tcp", silent.Addr().String()); !errors.Is(err, ErrKilled) {
		t.Errorf("dial after Kill: %v, want ErrKilled", err)
	}
}

func TestFranzIsSafe(t *testing.T) {
	client := franz(t, Config{Brokers: []string{"k:1"}})
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
