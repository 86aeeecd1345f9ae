package admin_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/admin"
)

func TestWhoMayCall(t *testing.T) {
	w := start(t, func(c *admin.Config) { c.AllowedHosts = []string{"logs.example"} })
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"the address":                        {nil, 200},
		"localhost":                          {[]string{"Host", "localhost:1"}, 200},
		"another loopback address":           {[]string{"Host", "127.1.2.3"}, 200},
		"IPv6":                               {[]string{"Host", "[::1]:9090"}, 200},
		"an allowed name":                    {[]string{"Host", "Logs.Example:80"}, 200},
		"a name that was rebound to us":      {[]string{"Host", "evil.example:9090"}, 421},
		"a name that begins with ours":       {[]string{"Host", "localhost.evil.example"}, 421},
		"an address that is not ours":        {[]string{"Host", "10.1.2.3:9090"}, 421},
		"a page of ours":                     {[]string{"Origin", "http://localhost:9090", "Host", "localhost:9090"}, 200},
		"a page of ours behind TLS":          {[]string{"Origin", "https://logs.example", "Host", "logs.example"}, 200},
		"a page of another site":             {[]string{"Origin", "https://evil.example"}, 403},
		"a page of another port":             {[]string{"Origin", "http://localhost:8080", "Host", "localhost:9090"}, 403},
		"a page that hides where it is from": {[]string{"Origin", "null"}, 403},
		"an empty origin":                    {[]string{"Origin", ""}, 403},
		"a picture in a page of ours":        {fetch("same-origin", "no-cors", "image"), 200},
		"a link on another site":             {fetch("cross-site", "navigate", "document"), 200},
		"an address that was typed":          {fetch("none", "navigate", "document"), 200},
		"a picture on another site":          {fetch("cross-site", "no-cors", "image"), 403},
		"a picture of another port":          {fetch("same-site", "no-cors", "image"), 403},
		"a frame on another site":            {fetch("cross-site", "navigate", "iframe"), 403},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/", "/healthz", "/metrics", "/api/v1/openapi.json"} {
				a := w.do("GET", path, "", c.headers...)
				if a.status != c.status {
					t.Errorf("GET %s: %d, want %d: %s", path, a.status, c.status, a.body)
				}
				if a.status >= 400 {
					w.problems(a)
				}
			}
		})
	}
}

// fetch is what a browser says of a request: the site of the page, how, and for what.
func fetch(site, mode, dest string) []string {
	return []string{"Sec-Fetch-Site", site, "Sec-Fetch-Mode", mode, "Sec-Fetch-Dest", dest}
}

func TestTheTokenIsAskedForEverywhereButForTheHealthAndThePage(t *testing.T) {
	const token = "0123456789abcdef"
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := start(t, func(c *admin.Config) { c.TokenFile = file })
	for _, path := range []string{"/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/search", "/api/v1/collections/x", "/nothing"} {
		for name, headers := range map[string][]string{
			"no token":       nil,
			"a wrong one":    {"Authorization", "Bearer 0123456789abcdeX"},
			"half of it":     {"Authorization", "Bearer 01234567"},
			"another scheme": {"Authorization", "Basic " + token},
			"an empty one":   {"Authorization", "Bearer "},
		} {
			a := w.do("GET", path, "", headers...)
			if a.status != http.StatusUnauthorized || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("GET %s with %s: %d", path, name, a.status)
			}
			if strings.Contains(string(a.body), "0123") {
				t.Errorf("the answer shows a token: %s", a.body)
			}
		}
	}
	for _, path := range []string{"/healthz", "/", "/fleet/x", "/pipeline"} {
		w.want(w.do("GET", path, ""), 200)
	}
	w.want(w.do("GET", "/metrics", "", "Authorization", "Bearer "+token), 200)
	w.want(w.do("GET", "/api/v1/openapi.json", "", "Authorization", "bearer "+token), 200)
}

func TestABodyThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	w := start(t, nil)
	t.Run("at", func(t *testing.T) { // waits for those below
		for _, request := range []string{"PUT /api/v1/collections/x", "POST /api/v1/collections/validate", "POST /api/v1/pipelines/try"} {
			t.Run(request, func(t *testing.T) {
				t.Parallel()
				conn, err := net.Dial("tcp", strings.TrimPrefix(w.base, "http://"))
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", request)
				if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, " 408 ") {
					t.Errorf("%q, %v", line, err)
				}
			})
		}
	})
}

func TestABadTokenFileKeepsTheAdminFromStarting(t *testing.T) {
	short := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(short, []byte("123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"a missing file": "/does/not/exist", "a short token": short} {
		t.Run(name, func(t *testing.T) {
			cfg := admin.Default()
			cfg.Kafka.Brokers, cfg.Etcd.Endpoints, cfg.Elastic.Addresses = []string{"a:1"}, []string{"a:1"}, []string{"http://a:1"}
			cfg.TokenFile = file
			if _, err := admin.New(cfg, admin.Deps{}); err == nil || !strings.Contains(err.Error(), "token") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestValidateNamesEveryBadKey(t *testing.T) {
	cfg := admin.Default()
	cfg.HTTP = "nowhere"
	cfg.AllowedHosts = []string{"http://x"}
	cfg.Topics.Partitions = 0
	err := cfg.Validate()
	if err == nil {
		t.Fatal("it is valid")
	}
	for _, key := range []string{"kafka.brokers", "etcd.endpoints", "elasticsearch.addresses", "topics.partitions", "http:", "allowed_hosts[0]"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%q is not named in %v", key, err)
		}
	}
}
