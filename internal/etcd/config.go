package etcd

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/millrace/millrace/internal/wire"
)

// Config says where etcd is and how to talk to it.
type Config struct {
	Endpoints    []string    `koanf:"endpoints" yaml:"endpoints"` // host:port or URL, at least one
	User         string      `koanf:"user" yaml:"user,omitempty"` // empty when nobody asks, or when our certificate says it
	Password     wire.Secret `koanf:"password" yaml:"password,omitempty"`
	PasswordFile string      `koanf:"password_file" yaml:"password_file,omitempty"` // read by Dial; its last newline is cut
	TLS          TLS         `koanf:"tls" yaml:"tls,omitempty"`
}

// TLS says whether connections are encrypted and with which files.
type TLS = wire.TLS

// Validate reports every problem, each beginning with the path of its key. It
// reads no file.
func (c Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if len(c.Endpoints) == 0 {
		bad("endpoints", "must name at least one host:port")
	}
	for i, e := range c.Endpoints {
		if !validEndpoint(e, c.TLS.Enabled) {
			bad(fmt.Sprintf("endpoints[%d]", i), "must be host:port, or a URL whose scheme agrees with tls.enabled; is %q", e)
		}
	}
	if c.Password != "" && c.PasswordFile != "" {
		bad("password_file", "must be empty when password is set")
	}
	hasPassword := c.Password != "" || c.PasswordFile != ""
	if c.User == "" && hasPassword {
		bad("user", "must be set when a password is")
	}
	if c.User != "" && !hasPassword {
		bad("password", "must be set, or password_file, when user is")
	}
	return errors.Join(append(errs, c.TLS.Problems()...)...)
}

func validEndpoint(e string, secure bool) bool {
	hostPort := e
	if strings.Contains(e, "://") {
		u, err := url.Parse(e)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || (u.Scheme == "https") != secure || u.Path != "" {
			return false
		}
		hostPort = u.Host
	}
	host, port, err := net.SplitHostPort(hostPort)
	return err == nil && host != "" && port != ""
}

// urls are the endpoints with their schemes: the client takes a bare host:port
// for a connection without TLS, whatever else it was told.
func (c Config) urls() []string {
	scheme := "http://"
	if c.TLS.Enabled {
		scheme = "https://"
	}
	out := make([]string, len(c.Endpoints))
	for i, e := range c.Endpoints {
		out[i] = e
		if !strings.Contains(e, "://") {
			out[i] = scheme + e
		}
	}
	return out
}
