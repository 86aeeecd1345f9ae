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
	errs := append([]error{c.Config.Validate()}, under("etcd", c.Etcd.Validate())...)
	return errors.Join(errs...)
}

// under puts the key of a part before each of its problems.
func under(key string, err error) []error {
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	var errs []error
	for _, e := range list {
		if e != nil {
			errs = append(errs, fmt.Errorf("%s.%w", key, e))
		}
	}
	return errs
}
