package elastic

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/millrace/millrace/internal/wire"
)

// signed says who we are with each request. When the store does not believe it, the
// secrets' files are read again, so that a key that was replaced is used from the
// next request on.
type signed struct {
	next   http.RoundTripper
	cfg    Config
	header atomic.Pointer[string] // of Authorization; empty when nobody asks
}

func newSigned(c Config, next http.RoundTripper) (*signed, error) {
	s := &signed{next: next, cfg: c}
	header, err := c.authorization()
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	s.header.Store(&header)
	return s, nil
}

// RoundTrip implements http.RoundTripper.
func (s *signed) RoundTrip(r *http.Request) (*http.Response, error) {
	if header := *s.header.Load(); header != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", header)
	}
	res, err := s.next.RoundTrip(r)
	if err == nil && res.StatusCode == http.StatusUnauthorized {
		if header, err := s.cfg.authorization(); err == nil { // else the old one is as good
			s.header.Store(&header)
		}
	}
	return res, err
}

// authorization reads who we are.
func (c Config) authorization() (string, error) {
	key, err := wire.Reveal("api_key_file", c.APIKey, c.APIKeyFile)
	if err != nil {
		return "", err
	}
	if key != "" {
		return "ApiKey " + key, nil
	}
	password, err := wire.Reveal("password_file", c.Password, c.PasswordFile)
	if err != nil || c.User == "" {
		return "", err
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.User+":"+password)), nil
}
