package adopt

import (
	"errors"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/problems"
	"github.com/millrace/millrace/processors"
)

// Config says where adopt runs.
type Config struct {
	processors.Config `koanf:",squash" yaml:",inline"`

	// Etcd is where the collections are.
	Etcd etcd.Config `koanf:"etcd" yaml:"etcd"`
}

// Default is a Config that lacks only addresses and the state folder.
func Default() Config { return Config{Config: processors.DefaultConfig()} }

// Validate reports every problem, each beginning with the path of its key.
func (c Config) Validate() error {
	return errors.Join(c.Config.Validate(), problems.Under("etcd", c.Etcd.Validate()))
}
