package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/internal/wire/wiretest"
)

// The brokers here close the connection where Apache Kafka says that the password is
// wrong; test/servers has tests with that.
func TestARefusalIsOneLineThatSaysWhatToDo(t *testing.T) {
	ca := wiretest.NewCA(t)
	secure := func(c *tls.Config) Config {
		return startKafka(t, kfake.TLS(c), kfake.EnableSASL(), kfake.Superuser(ScramSHA512, "mill", "race"))
	}
	good := secure(&tls.Config{Certificates: []tls.Certificate{ca.Server(t, "127.0.0.1")}})
	old := secure(&tls.Config{Certificates: []tls.Certificate{ca.Expired(t, "127.0.0.1")}})
	named := secure(&tls.Config{Certificates: []tls.Certificate{ca.Server(t, "kafka.example")}})
	mutual := secure(&tls.Config{Certificates: []tls.Certificate{ca.Server(t, "127.0.0.1")}, ClientCAs: ca.Pool, ClientAuth: tls.RequireAndVerifyClientCert})
	plain := startKafka(t, kfake.EnableSASL(), kfake.Superuser(Plain, "mill", "race"))
	open := startKafka(t)
	cert, key := ca.Client(t, "agent-1")
	foreignCert, foreignKey := wiretest.NewCA(t).Client(t, "agent-1")
	login := SASL{Mechanism: ScramSHA512, User: "mill", Password: "race"}
	for name, c := range map[string]struct {
		at   Config
		sasl SASL
		tls  TLS
		want string // after "kafka at ADDR: "; nothing: they let us in
	}{
		"all is right":             {good, login, TLS{Enabled: true, CAFile: ca.File}, ""},
		"and with a certificate":   {mutual, login, TLS{Enabled: true, CAFile: ca.File, CertFile: cert, KeyFile: key}, ""},
		"a wrong password":         {good, SASL{Mechanism: ScramSHA512, User: "mill", PasswordFile: wiretest.File(t, "wrong")}, TLS{Enabled: true, CAFile: ca.File}, `the connection is closed when user "mill" logs in (SCRAM-SHA-512); correct kafka.sasl.mechanism, kafka.sasl.user or what is in `},
		"an unknown user":          {good, SASL{Mechanism: ScramSHA512, User: "mall", Password: "race"}, TLS{Enabled: true, CAFile: ca.File}, `the connection is closed when user "mall" logs in (SCRAM-SHA-512); correct kafka.sasl.mechanism, kafka.sasl.user or kafka.sasl.password`},
		"a wrong password, PLAIN":  {plain, SASL{Mechanism: Plain, User: "mill", Password: "x"}, TLS{}, `the connection is closed when user "mill" logs in (PLAIN)`},
		"another authority":        {good, login, TLS{Enabled: true, CAFile: wiretest.NewCA(t).File}, "its certificate is signed by an authority that we do not trust; put the authority's certificate into "},
		"no authority":             {good, login, TLS{Enabled: true}, "its certificate is signed by an authority that we do not trust; put the authority's certificate into a file and name it in kafka.tls.ca_file"},
		"an expired certificate":   {old, login, TLS{Enabled: true, CAFile: ca.File}, "its certificate has expired on 2"},
		"an unknown name":          {named, login, TLS{Enabled: true, CAFile: ca.File}, "its certificate is for kafka.example, not for 127.0.0.1; use one of those names as the address, or set kafka.tls.server_name"},
		"no certificate of ours":   {mutual, login, TLS{Enabled: true, CAFile: ca.File}, "it wants a client certificate; set kafka.tls.cert_file and kafka.tls.key_file"},
		"a certificate it rejects": {mutual, login, TLS{Enabled: true, CAFile: ca.File, CertFile: foreignCert, KeyFile: foreignKey}, "it refuses our certificate " + foreignCert},
		"TLS to a plain port":      {open, SASL{}, TLS{Enabled: true, CAFile: ca.File}, "this port does not speak TLS, and we do; name its TLS port, or leave out kafka.tls"},
		"plain to a TLS port":      {good, login, TLS{}, "this port speaks TLS, and we do not; set kafka.tls.enabled and kafka.tls.ca_file, or name a port without TLS"},
		"no log-in":                {plain, SASL{}, TLS{}, "the connection is closed before anything is said; if the brokers want a log-in, set kafka.sasl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.at.SASL, c.at.TLS = c.sasl, c.tls
			wiretest.Refused(t, c.at.Probe, "kafka at "+c.at.Brokers[0], c.want)
		})
	}
}

// The clients that run when a credential goes bad say less than a probe; their errors
// must be read as well.
func TestAClientsErrorIsExplained(t *testing.T) {
	ca := wiretest.NewCA(t)
	cfg := startKafka(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{ca.Server(t, "127.0.0.1")}}), kfake.EnableSASL(), kfake.Superuser(Plain, "mill", "race"))
	for name, change := range map[string]func(*Config){
		"is closed when user":       func(c *Config) { c.SASL.Password = "x" },
		"that we do not trust":      func(c *Config) { c.TLS.CAFile = "" },
		"speaks TLS, and we do not": func(c *Config) { c.TLS = TLS{} },
	} {
		t.Run(name, func(t *testing.T) {
			c := cfg
			c.SASL, c.TLS = SASL{Mechanism: Plain, User: "mill", Password: "race"}, TLS{Enabled: true, CAFile: ca.File}
			change(&c)
			sc, err := c.Sarama()
			if err != nil {
				t.Fatal(err)
			}
			_, err = sarama.NewClient(c.Brokers, sc)
			if err = c.Explain(t.Context(), err); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("said %v", err)
			}
		})
	}
}

func TestAMissingACLIsToldWithWhoLacksIt(t *testing.T) {
	cfg := startKafka(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.SeedTopics(1, "raw", "other"), kfake.Superuser(Plain, "root", "root"),
		kfake.User(Plain, "agent-1", "x", kfake.ACL{Resource: kmsg.ACLResourceTypeTopic, Name: "raw", Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: kmsg.ACLOperationWrite, Allow: true}))
	cfg.SASL = SASL{Mechanism: Plain, User: "agent-1", Password: "x"}
	sc, err := cfg.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	sc.Metadata.Full = false
	producer, err := sarama.NewSyncProducer(cfg.Brokers, sc)
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: "raw", Value: sarama.StringEncoder("x")}); err != nil {
		t.Errorf("what is allowed: %v", err)
	}
	_, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: "other", Value: sarama.StringEncoder("x")})
	if err = cfg.Explain(t.Context(), err); err == nil || !strings.Contains(err.Error(), `user "agent-1" lacks an ACL`) || !strings.Contains(err.Error(), "docs/security.md") {
		t.Errorf("said %v", err)
	}
}

func TestNobodyThereIsNoRefusal(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, addr := range map[string]string{"nobody listens": "127.0.0.1:1", "nobody answers": silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wiretest.Unreachable(t, Config{Brokers: []string{addr}}.Probe, addr)
		})
	}
}

func TestSilentBrokersAreGivenUpInTimeHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	var brokers []string
	for range 5 {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = silent.Close() })
		brokers = append(brokers, silent.Addr().String())
	}
	wiretest.Unreachable(t, Config{Brokers: brokers, TLS: TLS{Enabled: true}}.Probe, brokers[4])
}

// Of several brokers one may be paused, or its machine may be gone.
func TestASilentBrokerLeavesTimeForTheOthers(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	cfg := startKafka(t)
	cfg.Brokers = append([]string{silent.Addr().String()}, cfg.Brokers...)
	if err := cfg.Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatABrokerSaysIsRead(t *testing.T) {
	cfg := Config{Brokers: []string{"b1:9093", "b2:9093"}, SASL: SASL{Mechanism: ScramSHA512, User: "mill", PasswordFile: "/etc/pw"}}
	for _, c := range []struct {
		err  error
		want string
	}{
		{sarama.Wrap(sarama.ErrOutOfBrokers, sarama.ErrSASLAuthenticationFailed), `kafka at b1:9093,b2:9093: user "mill" or its password is wrong (SCRAM-SHA-512); correct kafka.sasl.user or what is in /etc/pw (kafka.sasl.password_file)`},
		{sarama.ErrUnsupportedSASLMechanism, "kafka at b1:9093,b2:9093: it does not offer SCRAM-SHA-512; set kafka.sasl.mechanism to one that it offers"},
		{sarama.ErrIllegalSASLState, "kafka at b1:9093,b2:9093: this port wants no log-in, and we log in; name the port with SASL, or leave out kafka.sasl"},
		{fmt.Errorf("ship: raw: %w", sarama.ErrTopicAuthorizationFailed), "kafka at b1:9093,b2:9093: user \"mill\" lacks an ACL (ship: raw: " + sarama.ErrTopicAuthorizationFailed.Error() + "); give it those of its role, see docs/security.md"},
		{sarama.ErrNotLeaderForPartition, sarama.ErrNotLeaderForPartition.Error()},
		{ErrMismatch, ErrMismatch.Error()},
	} {
		if got := cfg.Explain(t.Context(), c.err); got.Error() != c.want || !errors.Is(got, errors.Unwrap(c.err)) && !errors.Is(got, c.err) {
			t.Errorf("got  %v\nwant %s", got, c.want)
		}
	}
}
