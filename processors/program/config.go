package program

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/processors"
)

// Section is the part of the config file that is about extra processors.
const Section = "extra"

// Config says which processors run, where, and with what settings.
type Config struct {
	processors.Config `koanf:",squash" yaml:",inline"`
	// Run are the names of those that run.
	Run []string `koanf:"run" yaml:"run"`
	// Settings of each processor, by its name.
	Settings map[string]map[string]string `koanf:"settings" yaml:"settings"`
	// Tables is the address at which the tables can be read; none when empty.
	Tables string `koanf:"tables" yaml:"tables"`
	// AllowedHosts are names, besides this machine's addresses, by which the tables may
	// be asked for.
	AllowedHosts []string `koanf:"allowed_hosts" yaml:"allowed_hosts"`
	// TokenFile holds the token that every request for a table must bear; none when empty.
	TokenFile string `koanf:"token" yaml:"token"`
}

// Default runs all of a list; it lacks addresses.
func Default(list []processors.Processor) Config {
	cfg := Config{Config: processors.DefaultConfig(), Run: names(list)}
	cfg.StateDir = "/var/lib/millrace/extra"
	return cfg
}

func names(list []processors.Processor) []string {
	all := make([]string, len(list))
	for i, p := range list {
		all[i] = p.Name
	}
	return all
}

// Specs are those of the list's processors that shall run. The error lists everything
// that is wrong with the names and settings.
func (c *Config) Specs(list []processors.Processor) ([]processors.Spec, error) {
	var specs []processors.Spec
	var errs []error
	for _, name := range c.Run {
		at := slices.IndexFunc(list, func(p processors.Processor) bool { return p.Name == name })
		if at < 0 {
			errs = append(errs, fmt.Errorf("extra.run: there is no processor %q; there are %s", name, strings.Join(names(list), ", ")))
			continue
		}
		spec, err := list[at].Make(c.Settings[name])
		if slices.ContainsFunc(specs, func(s processors.Spec) bool { return s.Group == spec.Group }) {
			err = errors.Join(err, fmt.Errorf("extra.run: two of the processors are %q; they would share one table and the records between them", spec.Group))
		}
		specs, errs = append(specs, spec), append(errs, err)
	}
	for name := range c.Settings {
		if !slices.Contains(names(list), name) {
			errs = append(errs, fmt.Errorf("extra.settings: there is no processor %q", name))
		}
	}
	return specs, errors.Join(errs...)
}
