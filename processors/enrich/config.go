package enrich

import (
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/problems"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/lookup"
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
	// Lookup is what the steps lookup and geoip ask.
	Lookup lookup.Config `koanf:"lookup" yaml:"lookup"`
	// Health, unless it is nil, is told how pipelines fare. It is no setting.
	Health *Health `koanf:"-" yaml:"-"`
}

// Default is a Config that lacks only addresses and the state folder.
func Default() Config {
	return Config{Config: processors.DefaultConfig(), RevisionWait: DefaultRevisionWait}
}

// Validate reports every problem, each beginning with the path of its key.
func (c Config) Validate() error {
	errs := []error{
		c.Config.Validate(),
		problems.Under("etcd", c.Etcd.Validate()),
		problems.Under("lookup", c.Lookup.Validate()),
	}
	if c.RevisionWait < 0 {
		errs = append(errs, fmt.Errorf("revision_wait: must not be negative, is %v", c.RevisionWait))
	}
	return errors.Join(errs...)
}
