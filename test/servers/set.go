package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
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
func (s *Set) WriteConfig(path string) error { return s.write(path, Admin, Root, Superuser) }

// WriteConfigAs is WriteConfig for one user, who has the same name on all servers.
func (s *Set) WriteConfigAs(path, user string) error { return s.write(path, user, user, user) }

func (s *Set) write(path, onKafka, onEtcd, onSearch string) error {
	var b strings.Builder
	k := s.Kafka.Config()
	if s.Kafka.Certificates != nil {
		k = s.Kafka.Secure(onKafka)
	}
	writeKafka(&b, k)
	writeEtcd(&b, s.Etcd.As(onEtcd))
	writeSearch(&b, s.Search.As(onSearch))
	replicas := min(3, s.Kafka.Len())
	fmt.Fprintf(&b, "processor:\n  replication: %d\n", replicas)
	fmt.Fprintf(&b, "admin:\n  topics:\n    partitions: %d\n    replication: %d\n", s.partitions, replicas)
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

func writeKafka(b *strings.Builder, c kafka.Config) {
	fmt.Fprintf(b, "kafka:\n  brokers: [%s]\n", strings.Join(c.Brokers, ", "))
	if c.TLS.Enabled {
		fmt.Fprintf(b, "  tls:\n    enabled: true\n    ca_file: %q\n", c.TLS.CAFile)
		fmt.Fprintf(b, "  sasl:\n    mechanism: %s\n    user: %s\n    password: %s\n", c.SASL.Mechanism, c.SASL.User, Password)
	}
}

func writeEtcd(b *strings.Builder, c etcd.Config) {
	fmt.Fprintf(b, "etcd:\n  endpoints: [%s]\n", strings.Join(c.Endpoints, ", "))
	if !c.TLS.Enabled {
		return
	}
	fmt.Fprintf(b, "  user: %s\n  password: %s\n  tls:\n    enabled: true\n    ca_file: %q\n", c.User, Password, c.TLS.CAFile)
	if c.TLS.CertFile != "" {
		fmt.Fprintf(b, "    cert_file: %q\n    key_file: %q\n", c.TLS.CertFile, c.TLS.KeyFile)
	}
}

func writeSearch(b *strings.Builder, c elastic.Config) {
	fmt.Fprintf(b, "elasticsearch:\n  addresses: [%q]\n", c.Addresses[0])
	if c.User != "" {
		fmt.Fprintf(b, "  user: %s\n  password: %s\n  tls:\n    ca_file: %q\n", c.User, Password, c.TLS.CAFile)
	}
}
