package etcd

import (
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	good := []string{"127.0.0.1:2379"}
	for name, c := range map[string]struct {
		cfg  Config
		want string // all errors; empty means that it is valid
	}{
		"a bare address is enough":            {Config{Endpoints: good}, ""},
		"an address is needed":                {Config{}, "endpoints: must name at least one host:port"},
		"an address needs a port":             {Config{Endpoints: []string{"a:1", "b"}}, `endpoints[1]: must be host:port, or a URL whose scheme agrees with tls.enabled; is "b"`},
		"http without TLS is fine":            {Config{Endpoints: []string{"http://a:1"}}, ""},
		"https needs TLS":                     {Config{Endpoints: []string{"https://a:1"}}, `endpoints[0]: must be host:port, or a URL whose scheme agrees with tls.enabled; is "https://a:1"`},
		"https with TLS is fine":              {Config{Endpoints: []string{"https://a:1"}, TLS: TLS{Enabled: true}}, ""},
		"a user needs a password":             {Config{Endpoints: good, User: "u"}, "password: must be set, or password_file, when user is"},
		"a password needs a user":             {Config{Endpoints: good, Password: "p"}, "user: must be set when a password is"},
		"one password is enough":              {Config{Endpoints: good, User: "u", Password: "p", PasswordFile: "f"}, "password_file: must be empty when password is set"},
		"a certificate needs its key":         {Config{Endpoints: good, TLS: TLS{Enabled: true, CertFile: "c"}}, "tls.cert_file: set both or neither of tls.cert_file and tls.key_file"},
		"TLS settings without TLS are a slip": {Config{Endpoints: good, TLS: TLS{CAFile: "c"}}, "tls.enabled: must be true when other keys of tls are set"},
		"all is named at once":                {Config{User: "u"}, "endpoints: must name at least one host:port\npassword: must be set, or password_file, when user is"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := c.cfg.Validate(); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAMissingFileIsNamedAndNoPasswordIsShown(t *testing.T) {
	cfg := Config{Endpoints: []string{"a:1"}, User: "u", PasswordFile: "/does/not/exist"}
	_, err := Dial(t.Context(), cfg, nil)
	if err == nil || !strings.Contains(err.Error(), "password_file") {
		t.Errorf("got %v", err)
	}
}
