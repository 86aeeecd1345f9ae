package elastic_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/wire"
	"github.com/millrace/millrace/internal/wire/wiretest"
)

// store is a search store that lets in one user.
func store(t *testing.T, certs ...tls.Certificate) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case user == "limited":
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"error":{"type":"security_exception","reason":"action [indices:admin/index_template/get] is unauthorized"}}`)
		case user == "blocked":
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"error":{"type":"cluster_block_exception","reason":"index is read-only"}}`)
		case user != "mill" || password != "race":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":{"type":"security_exception","reason":"unable to authenticate"}}`)
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that shall fail
	if len(certs) > 0 {
		s.TLS = &tls.Config{Certificates: certs}
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.URL
}

func TestARefusalIsOneLineThatSaysWhatToDo(t *testing.T) {
	ca := wiretest.NewCA(t)
	good, old, named, open := store(t, ca.Server(t, "127.0.0.1")), store(t, ca.Expired(t, "127.0.0.1")), store(t, ca.Server(t, "es.example")), store(t)
	trust := wire.TLS{CAFile: ca.File}
	at := func(addr string, t wire.TLS) elastic.Config {
		return elastic.Config{Addresses: []string{addr}, TLS: t, User: "mill", Password: "race"}
	}
	as := func(change func(*elastic.Config)) elastic.Config {
		c := elastic.Config{Addresses: []string{good}, TLS: trust}
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		cfg  elastic.Config
		want string // after "elasticsearch at ADDR: "; nothing: they let us in
	}{
		"all is right":           {at(good, trust), ""},
		"a wrong password":       {as(func(c *elastic.Config) { c.User, c.Password = "mill", "x" }), `user "mill" is not let in; correct elasticsearch.user or elasticsearch.password`},
		"a wrong key":            {as(func(c *elastic.Config) { c.APIKeyFile = wiretest.File(t, "x") }), "our API key is not let in; correct what is in "},
		"no log-in":              {as(func(*elastic.Config) {}), "it wants a log-in, and we have none; set elasticsearch.api_key_file"},
		"a missing privilege":    {as(func(c *elastic.Config) { c.User, c.Password = "limited", "x" }), `user "limited" lacks a privilege (action [indices:admin/index_template/get] is unauthorized); give it`},
		"another authority":      {at(good, wire.TLS{CAFile: wiretest.NewCA(t).File}), "its certificate is signed by an authority that we do not trust; put"},
		"an expired certificate": {at(old, trust), "its certificate has expired on 2"},
		"an unknown name":        {at(named, trust), "its certificate is for es.example, not for 127.0.0.1; use"},
		"TLS to a plain port":    {at("https"+strings.TrimPrefix(open, "http"), trust), "this port does not speak TLS, and we do; name its TLS port, or begin the address with http://"},
		"plain to a TLS port":    {at("http"+strings.TrimPrefix(good, "https"), wire.TLS{}), "this port speaks TLS, and we do not; begin the address with https://"},
	} {
		t.Run(name, func(t *testing.T) {
			wiretest.Refused(t, c.cfg.Probe, "elasticsearch at "+c.cfg.Addresses[0], c.want)
		})
	}
}

func TestNobodyThereIsNoRefusal(t *testing.T) {
	wiretest.Unreachable(t, elastic.Config{Addresses: []string{"http://127.0.0.1:1"}}.Probe, "127.0.0.1:1")
}

func TestABlockIsNoRefusal(t *testing.T) {
	client, err := elastic.New(elastic.Config{Addresses: []string{store(t)}, User: "blocked", Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	res, err := esapi.InfoRequest{}.Do(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := elastic.Check(res); err == nil || !strings.Contains(err.Error(), "index is read-only") {
		t.Errorf("said %v", err)
	}
}

// A key that was replaced is used from the request after the one that failed.
func TestAReplacedKeyIsUsedWithoutARestart(t *testing.T) {
	file := wiretest.File(t, "old")
	cfg := elastic.Config{Addresses: []string{store(t)}, User: "mill", PasswordFile: file}
	client, err := elastic.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	ask := func() error {
		res, err := esapi.InfoRequest{}.Do(t.Context(), client)
		if err == nil {
			_ = res.Body.Close()
		}
		return err
	}
	if err := ask(); elastic.Classify(err) != elastic.Retry || err == nil {
		t.Fatalf("with the old password: %v", err)
	}
	wiretest.Rewrite(t, file, "race")
	_ = ask() // the one that learns
	if err := ask(); err != nil {
		t.Errorf("with the new password: %v", err)
	}
}
