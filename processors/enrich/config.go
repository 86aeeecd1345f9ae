package enrich

import (
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/processors"
)

// DefaultRevisionWait is how long a revision is asked for that etcd does not know.
const DefaultRevisionWait = time.Minute

// Config says where enrich runs.
type Config struct {
	processors.Config `koanf:",squash" yaml:",inline"`

	// Etcd is where revisions are looked up.
	Etcd etcd.Config `koanf:"etcd" yaml:"etcd"`
	// RevisionWait is how long a revision that etcd does not know is asked for
	// before its events become dead letters; the partition waits meanwhile.
	RevisionWait time.Duration `koanf:"revision_wait" yaml:"revision_wait"`
}

// Default is a Config that lacks only addresses and the state folder.
func Default() Config {
	return Config{Config: processors.DefaultConfig(), RevisionWait: DefaultRevisionWait}
}

// Validate reports every problem, each beginning with the path of its key.
func (c Config) Validate() error {
	errs := []error{c.Config.Validate()}
	if err := c.Etcd.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("etcd: %w", err))
	}
	if c.RevisionWait < 0 {
		errs = append(errs, fmt.Errorf("revision_wait: must not be negative, is %v", c.RevisionWait))
	}
	return errors.Join(errs...)
}
