package kafka

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/schemas/topic"
)

func TestValidateNamesEveryBadKey(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		want []string // keys, in order
	}{
		"a broker is enough": {Config{Brokers: []string{"kafka:9092"}}, nil},
		"no broker":          {Config{}, []string{"brokers"}},
		"brokers without a port or a host": {
			Config{Brokers: []string{"kafka", ":9092", "kafka:9092"}}, []string{"brokers[0]", "brokers[1]"},
		},
		"an unknown mechanism": {
			Config{Brokers: []string{"k:1"}, SASL: SASL{Mechanism: "GSSAPI"}}, []string{"sasl.mechanism"},
		},
		"a user without a mechanism": {
			Config{Brokers: []string{"k:1"}, SASL: SASL{User: "u"}}, []string{"sasl.mechanism"},
		},
		"a mechanism without user and password": {
			Config{Brokers: []string{"k:1"}, SASL: SASL{Mechanism: Plain}}, []string{"sasl.user", "sasl.password"},
		},
		"two passwords": {
			Config{Brokers: []string{"k:1"}, SASL: SASL{Mechanism: ScramSHA256, User: "u", Password: "p", PasswordFile: "f"}},
			[]string{"sasl.password"},
		},
		"a certificate without its key": {
			Config{Brokers: []string{"k:1"}, TLS: TLS{Enabled: true, CertFile: "c"}}, []string{"tls.cert_file"},
		},
		"TLS settings without TLS": {
			Config{Brokers: []string{"k:1"}, TLS: TLS{CAFile: "ca"}}, []string{"tls.enabled"},
		},
		"everything at once": {
			Config{SASL: SASL{Mechanism: "x"}, TLS: TLS{KeyFile: "k"}},
			[]string{"brokers", "sasl.mechanism", "tls.cert_file", "tls.enabled"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			if err := c.cfg.Validate(); err != nil {
				for line := range strings.Lines(err.Error()) {
					key, _, _ := strings.Cut(line, ": ")
					got = append(got, key)
				}
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") {
				t.Errorf("bad keys %v, want %v", got, c.want)
			}
		})
	}
}

func TestSaramaIsSafe(t *testing.T) {
	s, err := Config{Brokers: []string{"k:1"}}.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	if s.Producer.RequiredAcks != sarama.WaitForAll || !s.Producer.Idempotent || s.Net.MaxOpenRequests != 1 {
		t.Error("a record may be lost or change its place")
	}
	if s.Consumer.Offsets.Initial != sarama.OffsetOldest || s.Consumer.Group.ResetInvalidOffsets {
		t.Error("records may be skipped")
	}
	if s.Metadata.AllowAutoTopicCreation {
		t.Error("topics are made by naming them")
	}
	if s.Producer.MaxMessageBytes != topic.RecordLimit {
		t.Errorf("records up to %d bytes, want %d", s.Producer.MaxMessageBytes, topic.RecordLimit)
	}
	if other, _ := (Config{Brokers: []string{"k:1"}}).Sarama(); other == s {
		t.Error("two callers share one configuration")
	}
}

func TestSaramaReadsItsFiles(t *testing.T) {
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Brokers: []string{"k:1"}, SASL: SASL{Mechanism: ScramSHA512, User: "u", PasswordFile: password}}
	s, err := cfg.Sarama()
	if err != nil || s.Net.SASL.Password != "secret" {
		t.Errorf("password %q (%v)", s.Net.SASL.Password, err)
	}
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"password file": {Config{SASL: SASL{Mechanism: Plain, User: "u", PasswordFile: dir + "/none"}}, "sasl.password_file"},
		"CA file":       {Config{TLS: TLS{Enabled: true, CAFile: dir + "/none"}}, "tls.ca_file"},
		"empty CA file": {Config{TLS: TLS{Enabled: true, CAFile: password}}, "holds no certificate"},
		"certificate":   {Config{TLS: TLS{Enabled: true, CertFile: password, KeyFile: password}}, "tls.cert_file"},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.Brokers = []string{"k:1"}
			if _, err := c.cfg.Sarama(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to name %q", err, c.want)
			}
		})
	}
}
