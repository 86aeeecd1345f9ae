package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// built is a page as a build leaves it.
var built = fstest.MapFS{
	"index.html":         {Data: []byte("<title>page</title>")},
	"theme.js":           {Data: []byte("theme()")},
	"assets/main-1a.js":  {Data: []byte("main()")},
	"assets/plain-2b.js": {Data: []byte("plain()")},
	"assets/main-1a.js.gz": {Data: func() []byte {
		var b strings.Builder
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte("main()"))
		_ = w.Close()
		return []byte(b.String())
	}()},
	"secret.key": {Data: []byte("not of the page")},
}

func get(t *testing.T, h http.Handler, method, path, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, http.NoBody)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSiteServesWhatWasBuilt(t *testing.T) {
	const forever, anew = "public, max-age=31536000, immutable", "no-cache"
	for _, c := range []struct {
		name, method, path   string
		status               int
		kind, cache, content string
	}{
		{"the page at its root", "GET", "/", 200, "text/html; charset=utf-8", anew, "<title>page</title>"},
		{"the page at an address of its own", "GET", "/fleet/abc.def", 200, "text/html; charset=utf-8", anew, "<title>page</title>"},
		{"a script that never changes", "GET", "/assets/main-1a.js", 200, "text/javascript; charset=utf-8", forever, "main()"},
		{"a script that may change", "GET", "/theme.js", 200, "text/javascript; charset=utf-8", anew, "theme()"},
		{"no page in place of a script of another build", "GET", "/assets/main-0f.js", 404, "text/plain; charset=utf-8", "", "this build of the page has no such file; load the page anew\n"},
		{"nothing that is no part of a page", "GET", "/secret.key", 200, "text/html; charset=utf-8", anew, "<title>page</title>"},
		{"nothing outside of its folder", "GET", "/../../etc/passwd", 200, "text/html; charset=utf-8", anew, "<title>page</title>"},
		{"the head alone", "HEAD", "/theme.js", 200, "text/javascript; charset=utf-8", anew, ""},
		{"no writing", "POST", "/", 405, "text/plain; charset=utf-8", "", "the page can only be read\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := get(t, newSite(built, index), c.method, c.path, "")
			if got := body(t, r); r.StatusCode != c.status || got != c.content {
				t.Errorf("status %d %q, want %d %q", r.StatusCode, got, c.status, c.content)
			}
			if h := r.Header; h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != c.cache {
				t.Errorf("type %q, cache %q", h.Get("Content-Type"), h.Get("Cache-Control"))
			}
			if csp := r.Header.Get("Content-Security-Policy"); c.status == 200 && (csp != policy || strings.Contains(csp, "unsafe")) {
				t.Errorf("policy %q", csp)
			}
		})
	}
}

func TestSitePacksForThoseWhoTakeIt(t *testing.T) {
	for accept, want := range map[string]bool{
		"gzip": true, "br, gzip;q=0.5, *": true, "": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=0.001": true,
	} {
		r := get(t, newSite(built, index), "GET", "/assets/main-1a.js", accept)
		if got := r.Header.Get("Content-Encoding") == "gzip"; got != want || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: packed %v, vary %q", accept, got, r.Header.Get("Vary"))
		}
		packed := body(t, r)
		if !want && packed != "main()" {
			t.Errorf("%q: %q", accept, packed)
		}
		if want {
			z, err := gzip.NewReader(strings.NewReader(packed))
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := io.ReadAll(z); err != nil || string(plain) != "main()" {
				t.Errorf("%q: unpacks to %q, error %v", accept, plain, err)
			}
		}
	}
	r := get(t, newSite(built, index), "GET", "/assets/plain-2b.js", "gzip")
	if got := body(t, r); got != "plain()" || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("what is not packed comes as %q", got)
	}
}

func TestAMissingAddressIsThePageForPeopleOnly(t *testing.T) {
	rest := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, c := range []struct {
		name, method, path, accept string
		status                     int
		location                   string
	}{
		{"a person", "GET", "/nothing", "text/html,*/*", 404, ""},
		{"a person's head", "HEAD", "/nothing", "text/html,*/*", 404, ""},
		{"a slash too many", "GET", "/fleet/?q=a%26b", "text/html", 308, "/fleet?q=a%26b"},
		{"a slash too many in a name", "GET", "/collections/a%20b/", "text/html", 308, "/collections/a%20b"},
		{"slashes that lead nowhere", "GET", "//evil.example/", "text/html", 404, ""},
		{"a program", "GET", "/nothing", "*/*", 418, ""},
		{"a change", "POST", "/nothing", "text/html", 418, ""},
		{"the API", "GET", "/api/v1/nothing", "text/html", 418, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, http.NoBody)
			r.Header.Set("Accept", c.accept)
			w := httptest.NewRecorder()
			Missing(rest).ServeHTTP(w, r)
			if w.Code != c.status || w.Header().Get("Location") != c.location {
				t.Errorf("status %d to %q, want %d to %q", w.Code, w.Header().Get("Location"), c.status, c.location)
			}
			if w.Code == 404 && (w.Header().Get("Content-Security-Policy") != policy || c.method == "GET" && w.Body.Len() == 0) {
				t.Errorf("it is no page: %v %q", w.Header(), w.Body)
			}
		})
	}
}

func TestWithoutABuildTheHandlerSaysHowToMakeOne(t *testing.T) {
	for _, path := range []string{"/", "/pipeline"} {
		r := get(t, placeholder(), "GET", path, "")
		if got := body(t, r); r.StatusCode != http.StatusOK || !strings.Contains(got, "make build") || !strings.Contains(got, "/api/v1") {
			t.Errorf("%s: status %d, %s", path, r.StatusCode, got)
		}
	}
	if r := get(t, placeholder(), "GET", "/placeholder.css", ""); r.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("its style comes as %q", r.Header.Get("Content-Type"))
	}
}

func TestHandlerServesThePageOrThePlaceholder(t *testing.T) {
	want := "make build"
	if Built() {
		want = "/assets/"
	}
	if got := body(t, get(t, Handler(), "GET", "/", "")); !strings.Contains(got, want) {
		t.Errorf("want %q in %s", want, got)
	}
}

func TestServesKnowsThePagesOwnAddresses(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/pipeline": true, "/fleet/abc": true, "/collections/shop-app": true, "/assets/main-1a.js": true, "/theme.js": true,
		"": false, "/nothing": false, "/metrics": false, "/readyz": false, "/api/v1/search": false, "/fleet/": false, "/fleet/a/b": false,
		"/pipeline/x": false, "/assets/": false, "/collections/../metrics": false,
	} {
		if got := Serves(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
}
