package adopt

import (
	"errors"
	"fmt"

	"github.com/millrace/millrace/internal/etcd"
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
	errs := []error{c.Config.Validate()}
	if err := c.Etcd.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("etcd: %w", err))
	}
	return errors.Join(errs...)
}
