package elastic_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/internal/elastic"
)

func TestValidateNamesEveryBadKey(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  elastic.Config
		want []string // keys; none: it is good
	}{
		"an address":       {elastic.Config{Addresses: []string{"https://es:9200"}}, nil},
		"an API key":       {elastic.Config{Addresses: []string{"http://[::1]:1"}, APIKey: "k"}, nil},
		"a password":       {elastic.Config{Addresses: []string{"http://es"}, User: "u", PasswordFile: "f"}, nil},
		"no address":       {elastic.Config{}, []string{"addresses:"}},
		"not a URL":        {elastic.Config{Addresses: []string{"http://ok", "es:9200"}}, []string{"addresses[1]:"}},
		"a secret in it":   {elastic.Config{Addresses: []string{"http://u:topsecret@es"}}, []string{"addresses[0]:"}},
		"a key and a user": {elastic.Config{Addresses: []string{"http://es"}, APIKey: "k", User: "u", Password: "p"}, []string{"api_key:"}},
		"a key twice":      {elastic.Config{Addresses: []string{"http://es"}, APIKey: "k", APIKeyFile: "f"}, []string{"api_key:"}},
		"a password twice": {elastic.Config{Addresses: []string{"http://es"}, User: "u", Password: "p", PasswordFile: "f"}, []string{"password:"}},
		"half a user":      {elastic.Config{Addresses: nil, Password: "p"}, []string{"addresses:", "user:"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.cfg.Validate()
			if (err == nil) != (tc.want == nil) {
				t.Fatalf("error %v", err)
			}
			for _, key := range tc.want {
				if !strings.Contains(err.Error(), key) {
					t.Errorf("%q does not name %s", err, key)
				}
			}
			if err != nil && strings.Contains(err.Error(), "topsecret") {
				t.Errorf("%q tells a secret", err)
			}
		})
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	cfg := elastic.Config{APIKey: "topsecret", Password: "topsecret"}
	js, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(cfg), fmt.Sprintf("%+v %#v %s %q", cfg, cfg, cfg.APIKey, cfg.Password), string(js)} {
		if strings.Contains(text, "topsecret") {
			t.Errorf("%q tells a secret", text)
		}
	}
}

func TestRequestsCarryWhoWeAre(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("fromfile\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		cfg  elastic.Config
		want string
	}{
		"nobody asks":            {elastic.Config{}, ""},
		"an API key":             {elastic.Config{APIKey: "abc"}, "ApiKey abc"},
		"an API key from a file": {elastic.Config{APIKeyFile: file}, "ApiKey fromfile"},
		"a user":                 {elastic.Config{User: "u", Password: "p"}, "Basic dTpw"},
		"a password from a file": {elastic.Config{User: "u", PasswordFile: file}, "Basic dTpmcm9tZmlsZQ=="},
	} {
		t.Run(name, func(t *testing.T) {
			got := "no request"
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got = r.Header.Get("Authorization")
			}))
			defer server.Close()
			tc.cfg.Addresses = []string{server.URL + "/"}
			client, err := elastic.New(tc.cfg)
			if err != nil {
				t.Fatal(err)
			}
			res, err := esapi.InfoRequest{}.Do(context.Background(), client)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if got != tc.want {
				t.Errorf("Authorization is %q, want %q", got, tc.want)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"http://127.0.0.1:9200": true, "http://localhost:1": true, "https://[::1]:9200": true,
		"http://10.0.0.1:9200": false, "http://es": false, "nonsense": false,
	} {
		if got := (elastic.Config{Addresses: []string{address}}).Loopback(); got != want {
			t.Errorf("Loopback of %s is %v", address, got)
		}
	}
	if (elastic.Config{Addresses: []string{"http://localhost:1", "http://es"}}).Loopback() {
		t.Error("one far address among near ones counts as near")
	}
}

func TestCheckAndClassify(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		text   string
		class  elastic.Class
	}{
		"an error with its type": {400, `{"error":{"type":"parse_exception","reason":"bad"},"status":400}`, "400 Bad Request: parse_exception: bad", elastic.Permanent},
		"an error in one text":   {405, `{"error":"not here"}`, "405 Method Not Allowed: not here", elastic.Permanent},
		"a page of a proxy":      {502, `<html>`, "502 Bad Gateway", elastic.Retry},
		"overload":               {429, `{}`, "429 Too Many Requests", elastic.Retry},
		"a wrong password":       {401, `{}`, "401 Unauthorized", elastic.Retry},
		"a redirect":             {301, ``, "301 Moved Permanently", elastic.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			err := elastic.Check(&esapi.Response{StatusCode: tc.status, Body: io.NopCloser(strings.NewReader(tc.body))})
			if err == nil || err.Error() != "search store answered "+tc.text {
				t.Errorf("error %v, want %s", err, tc.text)
			}
			if got := elastic.Classify(fmt.Errorf("wrapped: %w", err)); got != tc.class {
				t.Errorf("class %v, want %v", got, tc.class)
			}
		})
	}
	if err := elastic.Check(&esapi.Response{StatusCode: 201}); err != nil {
		t.Errorf("a good answer is an error: %v", err)
	}
	if elastic.Classify(context.Canceled) != elastic.ShuttingDown || elastic.Classify(errors.New("refused")) != elastic.Retry {
		t.Error("errors without an answer are read wrongly")
	}
}

// OpenSearch refuses the media types of Elasticsearch's client.
func TestRequestsSpeakOfPlainJSON(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Content-Type"), r.Header.Get("Accept"))
	}))
	defer server.Close()
	client, err := elastic.New(elastic.Config{Addresses: []string{server.URL}})
	if err != nil {
		t.Fatal(err)
	}
	bulk := esapi.BulkRequest{Body: strings.NewReader("{}\n")}
	if _, err := bulk.Do(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	search := esapi.SearchRequest{Body: strings.NewReader("{}")}
	if _, err := search.Do(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	for _, kind := range got {
		if strings.Contains(kind, "vnd.") {
			t.Errorf("a request speaks of %q", kind)
		}
	}
	if got[0] != "application/json" || got[2] != "application/json" {
		t.Errorf("content types and what is accepted: %q", got)
	}
}
