package servers

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/wire"
)

// secureSearch has users from files; their paths are relative to the config folder,
// outside of which the node may read nothing.
const secureSearch = `xpack.security.enabled: true
xpack.security.enrollment.enabled: false
xpack.security.transport.ssl.enabled: false
xpack.security.http.ssl: {enabled: true, certificate: tls/server.crt, key: tls/server.key}
# certificates that are replaced are served soon
resource.reload.interval.high: 500ms
`

// lock makes certificates, users and their roles.
func (s *Search) lock(config string, o SearchOptions) (err error) {
	if o.OpenSearch {
		return errors.New("the reduced OpenSearch has no users")
	}
	if s.Certificates, err = makeCertificates(filepath.Join(config, "tls")); err != nil {
		return err
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(Password), bcrypt.MinCost)
	if err != nil {
		return err
	}
	var users, roles strings.Builder
	add := func(user, role string) {
		fmt.Fprintf(&users, "%s:%s\n", user, hash)
		fmt.Fprintf(&roles, "%s:%s\n", role, user)
	}
	add(Superuser, "superuser") // a role that is always there
	for user, role := range o.Users {
		add(user, role)
	}
	for name, text := range map[string]string{"users": users.String(), "users_roles": roles.String(), "roles.yml": string(o.Roles)} {
		if err := os.WriteFile(filepath.Join(config, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// URL is the node's address.
func (s *Search) URL() string {
	if s.Certificates != nil {
		return "https://" + address(s.port)
	}
	return "http://" + address(s.port)
}

// Config is how to reach the node: as the one who may do everything when it is secure.
func (s *Search) Config() elastic.Config { return s.As(Superuser) }

// As is how a user reaches the node; a node that is not secure knows no users.
func (s *Search) As(user string) elastic.Config {
	config := elastic.Config{Addresses: []string{s.URL()}}
	if s.Certificates != nil {
		config.User, config.Password = user, Password
		config.TLS = wire.TLS{Enabled: true, CAFile: s.Certificates.CA}
	}
	return config
}

// Do sends a request as the one who may do everything.
func (s *Search) Do(req *http.Request) (*http.Response, error) {
	if s.Certificates == nil {
		return http.DefaultClient.Do(req)
	}
	ca, err := os.ReadFile(s.Certificates.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	req.SetBasicAuth(Superuser, Password)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	return transport.RoundTrip(req)
}
