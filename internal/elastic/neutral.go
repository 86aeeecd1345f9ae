package elastic

import (
	"net/http"
	"strings"
)

// neutral speaks of plain JSON where Elasticsearch's client names its own media types
// ("application/vnd.elasticsearch+json; compatible-with=8"). Elasticsearch 8 takes both
// for the same; OpenSearch refuses the latter.
type neutral struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (n neutral) RoundTrip(r *http.Request) (*http.Response, error) {
	cloned := false
	for _, name := range []string{"Content-Type", "Accept"} {
		kind, changed := plain(r.Header.Get(name))
		if !changed {
			continue
		}
		if !cloned {
			r, cloned = r.Clone(r.Context()), true
		}
		r.Header.Set(name, kind)
	}
	return n.next.RoundTrip(r)
}

// plain is a media type without its vendor, and whether it had one.
func plain(kind string) (string, bool) {
	rest, ok := strings.CutPrefix(kind, "application/vnd.elasticsearch+")
	if !ok {
		return kind, false
	}
	rest, _, _ = strings.Cut(rest, ";")
	return "application/" + strings.TrimSpace(rest), true
}
