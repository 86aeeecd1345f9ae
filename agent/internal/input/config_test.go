package input

import (
	"strings"
	"testing"
)

func TestProblemsOfInputsAreNamed(t *testing.T) {
	good := Config{Name: "in", Kind: Syslog, Listen: []string{"udp://:514"}}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string // empty: none
	}{
		{"what is right has none", func(*Config) {}, ""},
		{"a name is needed", func(c *Config) { c.Name = "" }, "inputs[0].name: "},
		{"a name is no path", func(c *Config) { c.Name = "../x" }, "inputs[0].name: "},
		{"a kind must be known", func(c *Config) { c.Kind = "smoke" }, "inputs[0].kind: must be "},
		{"an address is needed", func(c *Config) { c.Listen = nil }, "inputs[0].listen: "},
		{"an address has a scheme", func(c *Config) { c.Listen = []string{"udp://:1", ":514"} }, "inputs[0].listen[1]: "},
		{"an address has a port", func(c *Config) { c.Listen = []string{"tcp://host"} }, "inputs[0].listen[0]: must have a port"},
		{"a scheme must fit the kind", func(c *Config) { c.Listen = []string{"http://:1"} }, "inputs[0].listen[0]: must begin with one of"},
		{"tls needs files", func(c *Config) { c.Listen = []string{"tls://:1"} }, "inputs[0].tls.cert_file: "},
		{"files need tls", func(c *Config) { c.TLS.CertFile = "x" }, "inputs[0].tls: "},
		{"a spool has a least size", func(c *Config) { c.SpoolBytes = 1 }, "inputs[0].spool_bytes: "},
		{"an event has a most", func(c *Config) { c.MaxEventBytes = 1 << 30 }, "inputs[0].max_event_bytes: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := good
			c.change(&cfg)
			err := Validate([]Config{cfg})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)):
				t.Errorf("%v", err)
			}
		})
	}
	if err := Validate([]Config{good, good}); err == nil || !strings.Contains(err.Error(), "inputs[1].name") {
		t.Errorf("two of one name: %v", err)
	}
}
