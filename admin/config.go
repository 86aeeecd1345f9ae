package admin

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/problems"
	"github.com/millrace/millrace/internal/topics"
)

// Config is what the admin is told from outside.
type Config struct {
	Kafka   kafka.Config   `koanf:"kafka" yaml:"kafka"`
	Etcd    etcd.Config    `koanf:"etcd" yaml:"etcd"`
	Elastic elastic.Config `koanf:"elasticsearch" yaml:"elasticsearch"`
	// Topics is how topics are made. Its counts cannot change after installing.
	Topics topics.Plan `koanf:"topics" yaml:"topics"`
	// HTTP is the address to listen on, unless Deps bring a listener.
	HTTP string `koanf:"http" yaml:"http"`
	// AllowedHosts are names, besides this machine's own addresses, by which
	// browsers and clients may call the admin, such as that of a proxy.
	AllowedHosts []string `koanf:"allowed_hosts" yaml:"allowed_hosts"`
	// TokenFile holds the token that every request must bear. Empty: anybody who
	// reaches the address may do anything.
	TokenFile string `koanf:"token" yaml:"token"`
}

// Default is a configuration that lacks only addresses of servers.
func Default() Config {
	return Config{HTTP: "127.0.0.1:9090", Topics: topics.Default()}
}

// Validate reports every problem, each beginning with the path of its key. It
// reads no file.
func (c Config) Validate() error {
	errs := []error{
		problems.Under("kafka", c.Kafka.Validate()),
		problems.Under("etcd", c.Etcd.Validate()),
		problems.Under("elasticsearch", c.Elastic.Validate()),
		problems.Under("topics", c.Topics.Validate()),
	}
	if _, _, err := net.SplitHostPort(c.HTTP); err != nil {
		errs = append(errs, fmt.Errorf("http: must be host:port, is %q", c.HTTP))
	}
	for i, h := range c.AllowedHosts {
		if h == "" || strings.ContainsAny(h, "/:@*") {
			errs = append(errs, fmt.Errorf("allowed_hosts[%d]: must be a host name without port, is %q", i, h))
		}
	}
	return errors.Join(errs...)
}
