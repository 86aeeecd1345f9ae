package servers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificates are the PEM files of a secure cluster, made when it starts.
type Certificates struct {
	CA                              string // trust this
	ForeignCA                       string // trusting this is a mistake: it signed nothing here
	ServerCert, ServerKey           string // for 127.0.0.1 and localhost
	ExpiredCert, ExpiredKey         string // the same, ended yesterday
	ClientCert, ClientKey           string // of the user millrace, where a client certificate is asked for
	serverKeystore, expiredKeystore string // key and certificate in one file, as Kafka wants them
}

// authority is a certificate authority that lives as long as one call.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// makeCertificates writes all files of a set into a folder.
func makeCertificates(dir string) (*Certificates, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	c := &Certificates{
		CA: in("ca.crt"), ForeignCA: in("foreign-ca.crt"),
		ServerCert: in("server.crt"), ServerKey: in("server.key"), serverKeystore: in("server.pem"),
		ExpiredCert: in("expired.crt"), ExpiredKey: in("expired.key"), expiredKeystore: in("expired.pem"),
		ClientCert: in("client.crt"), ClientKey: in("client.key"),
	}
	ca, err := newAuthority("millrace test CA", c.CA)
	if err != nil {
		return nil, err
	}
	if _, err := newAuthority("another CA", c.ForeignCA); err != nil {
		return nil, err
	}
	now := time.Now()
	for _, leaf := range []struct {
		name, cert, key, both string
		until                 time.Time
	}{
		{"localhost", c.ServerCert, c.ServerKey, c.serverKeystore, now.AddDate(0, 0, 30)},
		{"localhost", c.ExpiredCert, c.ExpiredKey, c.expiredKeystore, now.AddDate(0, 0, -1)},
		{"millrace", c.ClientCert, c.ClientKey, in("client.pem"), now.AddDate(0, 0, 30)},
	} {
		if err := ca.issue(leaf.name, leaf.until, leaf.cert, leaf.key, leaf.both); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Expire puts the expired certificate in the place of the server's until renew is
// called. etcd serves it with the next connection and Elasticsearch within a second;
// Kafka does not look again.
func (c *Certificates) Expire() (renew func() error, err error) {
	cert, err := replace(c.ServerCert, c.ExpiredCert)
	if err != nil {
		return nil, err
	}
	key, err := replace(c.ServerKey, c.ExpiredKey)
	if err != nil {
		return nil, errors.Join(err, cert())
	}
	return func() error { return errors.Join(cert(), key()) }, nil
}

// replace gives a file the content of another, at once; undo gives it back what it had.
func replace(file, by string) (undo func() error, err error) {
	old, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(by)
	if err != nil {
		return nil, err
	}
	return func() error { return overwrite(file, old) }, overwrite(file, text)
}

func overwrite(file string, text []byte) error {
	if err := os.WriteFile(file+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func newAuthority(name, file string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	cert := template(name, time.Now().AddDate(0, 0, 30))
	cert.IsCA, cert.BasicConstraintsValid = true, true
	cert.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		return nil, err
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	return &authority{cert: cert, key: key}, os.WriteFile(file, block("CERTIFICATE", der), 0o644)
}

// issue writes a certificate, its key, and both in one file.
func (a *authority) issue(name string, until time.Time, certFile, keyFile, bothFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	cert := template(name, until)
	cert.KeyUsage = x509.KeyUsageDigitalSignature
	cert.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	cert.DNSNames, cert.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	public, private := block("CERTIFICATE", der), block("PRIVATE KEY", secret)
	for file, text := range map[string][]byte{certFile: public, keyFile: private, bothFile: append(private, public...)} {
		if err := os.WriteFile(file, text, 0o644); err != nil { // nobody must read them, too: they guard nothing
			return err
		}
	}
	return nil
}

func template(name string, until time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    until.AddDate(0, -2, 0),
		NotAfter:     until,
	}
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
