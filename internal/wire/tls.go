package wire

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// TLS says whether connections are encrypted and with which files (PEM).
type TLS struct {
	Enabled    bool   `koanf:"enabled" yaml:"enabled"`
	CAFile     string `koanf:"ca_file" yaml:"ca_file,omitempty"`     // authorities to trust; the system's when empty
	CertFile   string `koanf:"cert_file" yaml:"cert_file,omitempty"` // our certificate, together with KeyFile
	KeyFile    string `koanf:"key_file" yaml:"key_file,omitempty"`
	ServerName string `koanf:"server_name" yaml:"server_name,omitempty"` // checked instead of the address's host
	MinVersion string `koanf:"min_version" yaml:"min_version,omitempty"` // 1.2 (when empty) or 1.3
}

// versions are those that MinVersion may name.
var versions = map[string]uint16{"": tls.VersionTLS12, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// Problems returns every problem, each beginning with the path of its key below the
// section. It reads no file.
func (t TLS) Problems() []error {
	var errs []error
	if (t.CertFile == "") != (t.KeyFile == "") {
		errs = append(errs, fmt.Errorf("tls.cert_file: set both or neither of tls.cert_file and tls.key_file"))
	}
	if _, ok := versions[t.MinVersion]; !ok {
		errs = append(errs, fmt.Errorf("tls.min_version: must be 1.2 or 1.3, is %q", t.MinVersion))
	}
	if !t.Enabled && t != (TLS{}) {
		errs = append(errs, fmt.Errorf("tls.enabled: must be true when other keys of tls are set"))
	}
	return errs
}

// Config makes a client's configuration, nil when TLS is off. Our own certificate is
// read again at each handshake, so one that was renewed in place is used without a
// restart; the authorities are read now.
func (t TLS) Config() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	c := &tls.Config{MinVersion: versions[t.MinVersion], ServerName: t.ServerName} //nolint:gosec // the least of versions is 1.2
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file: %s holds no certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		if _, err := t.certificate(nil); err != nil {
			return nil, err
		}
		c.GetClientCertificate = t.certificate
	}
	return c, nil
}

func (t TLS) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("tls.cert_file: %s and %s: %w", t.CertFile, t.KeyFile, err)
	}
	return &cert, nil
}
