package input

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/agent/internal/spool"
	"github.com/millrace/millrace/schemas/collect"
)

// Kind says what an input understands.
type Kind string

// The kinds of inputs.
const (
	Syslog   Kind = "syslog"
	HTTP     Kind = "http"
	Journald Kind = "journald"
	Pipe     Kind = "pipe"
)

// Config is one input, as the host's own settings name it.
type Config struct {
	// Name is how collections ask for it, and the name of its spool's folder.
	Name string `koanf:"name" yaml:"name"`
	// Kind is what it understands.
	Kind Kind `koanf:"kind" yaml:"kind"`
	// Listen are the addresses it takes connections at, such as "udp://:514",
	// "tcp://127.0.0.1:601" and "tls://:6514".
	Listen []string `koanf:"listen" yaml:"listen,omitempty"`
	// TLS holds the files for addresses of tls:// and https://.
	TLS TLS `koanf:"tls" yaml:"tls,omitempty"`
	// TokenFile holds what HTTP clients must send as their bearer token. It is needed
	// at addresses that others than this host can reach, unless TLS asks for
	// certificates.
	TokenFile string `koanf:"token_file" yaml:"token_file,omitempty"`
	// Path is the named pipe to read.
	Path string `koanf:"path" yaml:"path,omitempty"`
	// Units are the systemd units whose entries are taken from the journal. None means
	// all there is.
	Units []string `koanf:"units" yaml:"units,omitempty"`
	// Journalctl is the program that reads the journal. The default is "journalctl".
	Journalctl string `koanf:"journalctl" yaml:"journalctl,omitempty"`
	// SpoolBytes is how much it keeps on disk for Kafka at most. The default is
	// 256 MiB.
	SpoolBytes int64 `koanf:"spool_bytes" yaml:"spool_bytes,omitempty"`
	// MaxEventBytes is the longest event; what is longer is cut. The default is 64 KiB.
	MaxEventBytes int `koanf:"max_event_bytes" yaml:"max_event_bytes,omitempty"`
	// MaxConnections is how many connections are served at a time; more are closed at
	// once. The default is 512.
	MaxConnections int `koanf:"max_connections" yaml:"max_connections,omitempty"`
	// IdleTimeout is after how long a connection is closed on which nothing comes in.
	// The default is 10 minutes.
	IdleTimeout time.Duration `koanf:"idle_timeout" yaml:"idle_timeout,omitempty"`
}

// TLS are the files, PEM, of an address that is encrypted. The certificate is read
// again at each connection, so one that was renewed in place needs no restart.
type TLS struct {
	CertFile string `koanf:"cert_file" yaml:"cert_file,omitempty"`
	KeyFile  string `koanf:"key_file" yaml:"key_file,omitempty"`
	// ClientCAFile holds the authorities that clients must have a certificate of.
	// Empty: clients need none.
	ClientCAFile string `koanf:"client_ca_file" yaml:"client_ca_file,omitempty"`
}

// Defaults, and bounds of what can be asked for.
const (
	defaultSpool       = 256 << 20
	defaultEvent       = 64 << 10
	defaultConnections = 512
	defaultIdle        = 10 * time.Minute

	minSpool = 16 << 20
	minEvent = 1 << 10
)

// schemes are the kinds of addresses that each kind of input listens at.
var schemes = map[Kind][]string{
	Syslog:   {"udp", "tcp", "tls"},
	HTTP:     {"http", "https"},
	Journald: nil,
	Pipe:     nil,
}

// kinds lists all kinds, for people.
func kinds() string {
	var names []string
	for k := range schemes {
		names = append(names, string(k))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// withDefaults fills in what was left out.
func (c *Config) withDefaults() {
	if c.SpoolBytes == 0 {
		c.SpoolBytes = defaultSpool
	}
	if c.MaxEventBytes == 0 {
		c.MaxEventBytes = defaultEvent
	}
	if c.MaxConnections == 0 {
		c.MaxConnections = defaultConnections
	}
	if c.Journalctl == "" {
		c.Journalctl = "journalctl"
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = defaultIdle
	}
}

// Validate reports every problem of a list of inputs, each beginning with the path of
// its key, such as "inputs[0].listen[1]". It reads no file.
func Validate(list []Config) error {
	var errs []error
	names := map[string]int{}
	for i := range list {
		c := list[i]
		c.withDefaults()
		for _, problem := range c.problems() {
			errs = append(errs, fmt.Errorf("inputs[%d].%w", i, problem))
		}
		if first, twice := names[c.Name]; twice {
			errs = append(errs, fmt.Errorf("inputs[%d].name: %q is the name of inputs[%d], too", i, c.Name, first))
		}
		names[c.Name] = i
	}
	return errors.Join(errs...)
}

func (c *Config) problems() []error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if err := collect.CheckInput(c.Name); err != nil {
		bad("name", "%v", err)
	}
	if _, ok := schemes[c.Kind]; !ok {
		bad("kind", "must be %s, is %q", kinds(), c.Kind)
		return errs
	}
	if c.SpoolBytes < max(minSpool, spool.MinLimit) {
		bad("spool_bytes", "must be at least %d, is %d", minSpool, c.SpoolBytes)
	}
	if c.MaxEventBytes < minEvent || c.MaxEventBytes > collect.MaxLine {
		bad("max_event_bytes", "must be %d to %d, is %d", minEvent, collect.MaxLine, c.MaxEventBytes)
	}
	if c.MaxConnections < 1 {
		bad("max_connections", "must be at least 1, is %d", c.MaxConnections)
	}
	if c.IdleTimeout < time.Second {
		bad("idle_timeout", "must be at least 1s, is %s", c.IdleTimeout)
	}
	if (c.Kind == Pipe) != (c.Path != "") || c.Path != "" && !filepath.IsAbs(c.Path) {
		bad("path", "must be the absolute path of a named pipe, for the kind %s only", Pipe)
	}
	if c.Kind != Journald && len(c.Units) > 0 {
		bad("units", "is for the kind %s only", Journald)
	}
	if c.Kind != HTTP && c.TokenFile != "" {
		bad("token_file", "is for the kind %s only", HTTP)
	}
	return append(errs, c.addressProblems()...)
}

func (c *Config) addressProblems() []error {
	var errs []error
	if len(schemes[c.Kind]) == 0 && len(c.Listen) > 0 {
		return append(errs, fmt.Errorf("listen: the kind %s has no addresses", c.Kind))
	}
	if len(c.Listen) == 0 && len(schemes[c.Kind]) > 0 {
		errs = append(errs, fmt.Errorf("listen: must hold at least one address, such as %q", schemes[c.Kind][0]+"://127.0.0.1:5514"))
	}
	encrypted := false
	for i, text := range c.Listen {
		a, err := parseAddress(text, schemes[c.Kind])
		if err != nil {
			errs = append(errs, fmt.Errorf("listen[%d]: %w", i, err))
		}
		encrypted = encrypted || a.encrypted()
		if err == nil && c.Kind == HTTP && !a.local() && c.TokenFile == "" && c.TLS.ClientCAFile == "" {
			errs = append(errs, fmt.Errorf("token_file: must be set, or tls.client_ca_file: others can reach %s", text))
		}
	}
	switch {
	case encrypted && (c.TLS.CertFile == "" || c.TLS.KeyFile == ""):
		errs = append(errs, errors.New("tls.cert_file: an encrypted address needs tls.cert_file and tls.key_file"))
	case !encrypted && c.TLS != (TLS{}):
		errs = append(errs, errors.New("tls: no address of listen is encrypted"))
	}
	return errs
}

// address is where an input listens.
type address struct{ scheme, host string }

func parseAddress(text string, schemes []string) (address, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || strings.TrimSuffix(u.Path, "/") != "" {
		return address{}, fmt.Errorf("must be such as %q, is %q", "tcp://127.0.0.1:5514", text)
	}
	if _, port, err := net.SplitHostPort(u.Host); err != nil || port == "" {
		return address{}, fmt.Errorf("must have a port, is %q", text)
	}
	for _, s := range schemes {
		if u.Scheme == s {
			return address{u.Scheme, u.Host}, nil
		}
	}
	return address{}, fmt.Errorf("must begin with one of %s, is %q", strings.Join(schemes, ", "), text)
}

// local reports whether only this host can reach the address.
func (a address) local() bool {
	host, _, err := net.SplitHostPort(a.host)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

func (a address) encrypted() bool { return a.scheme == "tls" || a.scheme == "https" }
