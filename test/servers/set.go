package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/wire"
)

// SetOptions says what a Set consists of.
type SetOptions struct {
	Kafka  KafkaOptions
	Etcd   EtcdOptions
	Search SearchOptions
	// Partitions of every topic; 4 when 0.
	Partitions int
}

// Set is everything that Millrace needs around it.
type Set struct {
	Kafka  *Kafka
	Etcd   *Etcd
	Search *Search

	partitions int
}

// StartSet starts all three at once.
func StartSet(ctx context.Context, o SetOptions) (*Set, error) {
	s := &Set{partitions: defaultTo(o.Partitions, 4)}
	var all errgroup.Group // without its context: one that fails must not kill those that Close will end
	all.Go(func() (err error) { s.Kafka, err = StartKafka(ctx, o.Kafka); return err })
	all.Go(func() (err error) { s.Etcd, err = StartEtcd(ctx, o.Etcd); return err })
	all.Go(func() (err error) { s.Search, err = StartSearch(ctx, o.Search); return err })
	if err := all.Wait(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends all of them.
func (s *Set) Close() error {
	var errs []error
	if s.Kafka != nil {
		errs = append(errs, s.Kafka.Close())
	}
	if s.Etcd != nil {
		errs = append(errs, s.Etcd.Close())
	}
	if s.Search != nil {
		errs = append(errs, s.Search.Close())
	}
	return errors.Join(errs...)
}

// WriteConfig writes a file with which every role reaches the servers: as the almighty
// user where they are secure.
func (s *Set) WriteConfig(path string) error { return s.write(path, Superuser, Root, Superuser) }

// WriteConfigAs is WriteConfig for one user, who has the same name on all servers.
func (s *Set) WriteConfigAs(path, user string) error { return s.write(path, user, user, user) }

func (s *Set) write(path, onKafka, onEtcd, onSearch string) error {
	k := s.Kafka.Config()
	if s.Kafka.Certificates != nil {
		k = s.Kafka.Secure(onKafka)
	}
	text := ConfigText(k, s.Etcd.As(onEtcd), s.Search.As(onSearch))
	replicas := min(3, s.Kafka.Len())
	text = fmt.Appendf(text, "processor:\n  replication: %d\n", replicas)
	text = fmt.Appendf(text, "admin:\n  topics:\n    partitions: %d\n    replication: %d\n", s.partitions, replicas)
	return os.WriteFile(path, text, 0o600)
}

// ConfigText is the part of a role's config that says how to reach the servers,
// passwords included.
func ConfigText(k kafka.Config, e etcd.Config, x elastic.Config) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "kafka:\n  brokers: [%s]\n", strings.Join(k.Brokers, ", "))
	if k.SASL.User != "" {
		fmt.Fprintf(&b, "  sasl:\n    mechanism: %s\n    user: %s\n    password: %s\n", k.SASL.Mechanism, k.SASL.User, string(k.SASL.Password))
	}
	writeTLS(&b, k.TLS)
	fmt.Fprintf(&b, "etcd:\n  endpoints: [%s]\n", strings.Join(e.Endpoints, ", "))
	writeUser(&b, e.User, string(e.Password))
	writeTLS(&b, e.TLS)
	fmt.Fprintf(&b, "elasticsearch:\n  addresses: [%q]\n", x.Addresses[0])
	writeUser(&b, x.User, string(x.Password))
	writeTLS(&b, x.TLS)
	return b.Bytes()
}

func writeUser(b *bytes.Buffer, user, password string) {
	if user != "" {
		fmt.Fprintf(b, "  user: %s\n  password: %s\n", user, password)
	}
}

func writeTLS(b *bytes.Buffer, t wire.TLS) {
	if !t.Enabled {
		return
	}
	fmt.Fprintf(b, "  tls:\n    enabled: true\n    ca_file: %q\n", t.CAFile)
	if t.CertFile != "" {
		fmt.Fprintf(b, "    cert_file: %q\n    key_file: %q\n", t.CertFile, t.KeyFile)
	}
}
