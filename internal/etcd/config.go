package etcd

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
)

// Config says where etcd is and how to talk to it.
type Config struct {
	Endpoints    []string `koanf:"endpoints" yaml:"endpoints"` // host:port or URL, at least one
	User         string   `koanf:"user" yaml:"user,omitempty"` // empty when nobody asks
	Password     string   `koanf:"password" yaml:"password,omitempty"`
	PasswordFile string   `koanf:"password_file" yaml:"password_file,omitempty"` // read by Dial; its last newline is cut
	TLS          TLS      `koanf:"tls" yaml:"tls,omitempty"`
}

// TLS says whether connections are encrypted and with which files (PEM).
type TLS struct {
	Enabled    bool   `koanf:"enabled" yaml:"enabled"`
	CAFile     string `koanf:"ca_file" yaml:"ca_file,omitempty"`     // the system's authorities when empty
	CertFile   string `koanf:"cert_file" yaml:"cert_file,omitempty"` // our certificate, together with KeyFile
	KeyFile    string `koanf:"key_file" yaml:"key_file,omitempty"`
	ServerName string `koanf:"server_name" yaml:"server_name,omitempty"` // checked instead of the endpoint's host name
}

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
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		bad("tls.key_file", "must be set together with tls.cert_file")
	}
	if !c.TLS.Enabled && c.TLS != (TLS{}) {
		bad("tls.enabled", "must be true when another key of tls is set")
	}
	return errors.Join(errs...)
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

func (c Config) password() (string, error) {
	if c.PasswordFile == "" {
		return c.Password, nil
	}
	b, err := os.ReadFile(c.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("etcd: password_file: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

func (c Config) tls() (*tls.Config, error) {
	if !c.TLS.Enabled {
		return nil, nil
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.TLS.ServerName}
	if c.TLS.CAFile != "" {
		pem, err := os.ReadFile(c.TLS.CAFile)
		if err != nil {
			return nil, fmt.Errorf("etcd: tls.ca_file: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("etcd: tls.ca_file: %s holds no certificate", c.TLS.CAFile)
		}
	}
	if c.TLS.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(c.TLS.CertFile, c.TLS.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("etcd: tls.cert_file: %w", err)
		}
		t.Certificates = []tls.Certificate{cert}
	}
	return t, nil
}
