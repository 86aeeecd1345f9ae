package kafka

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

func TestTLS(t *testing.T) {
	cert, caFile := selfSigned(t, "broker.example")
	cfg := startKafka(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
	_, foreign := selfSigned(t, "broker.example")
	for name, c := range map[string]struct {
		tls TLS
		ok  bool
	}{
		"the broker's authority and name": {TLS{Enabled: true, CAFile: caFile, ServerName: "broker.example"}, true},
		"another name":                    {TLS{Enabled: true, CAFile: caFile, ServerName: "other.example"}, false},
		"another authority":               {TLS{Enabled: true, CAFile: foreign, ServerName: "broker.example"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.TLS = c.tls
			if err := EnsureTopics(t.Context(), cfg, nil); (err == nil) != c.ok {
				t.Errorf("error %v", err)
			}
		})
	}
}

// selfSigned is a certificate for a name, and the file with it as an authority.
func selfSigned(t *testing.T, name string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}
