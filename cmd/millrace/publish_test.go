package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/deploy/samples"
)

func TestAnOfferIsMadeOnceAndChangesNothingThatIsThere(t *testing.T) {
	stored := map[string]bool{"edited": true}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/api/v1/collections/")
		asked = append(asked, name)
		switch {
		case r.Header.Get("If-None-Match") != "*" || r.Header.Get("Authorization") != "Bearer secret":
			t.Errorf("headers %v", r.Header)
		case name == "refused":
			w.WriteHeader(http.StatusServiceUnavailable)
		case stored[name]:
			w.WriteHeader(http.StatusPreconditionFailed)
		default:
			stored[name] = true
			w.WriteHeader(http.StatusCreated)
		}
	}))
	defer server.Close()
	p := publisher{base: server.URL, token: "secret", data: t.TempDir()}
	all := []samples.Collection{{Name: "edited"}, {Name: "new"}, {Name: "refused"}}
	if err := p.offer(t.Context(), all); err == nil || !strings.Contains(err.Error(), "refused: 503") {
		t.Errorf("error %v", err)
	}
	delete(stored, "new") // its user does not want it
	asked = nil
	_ = p.offer(t.Context(), all) // refused again
	if !slices.Equal(asked, []string{"refused"}) || stored["new"] {
		t.Errorf("asked for %v again", asked)
	}
}

func TestSamplesAreInTheZoneOfThisMachine(t *testing.T) {
	all := inZone([]samples.Collection{
		{Name: "plain", Config: []byte(`{"app":"a"}`)}, {Name: "own", Config: []byte(`{"app":"a","timezone":"UTC"}`)},
	}, "Europe/Berlin")
	if got := string(all[0].Config); got != `{"app":"a","timezone":"Europe/Berlin"}` {
		t.Error(got)
	}
	if got := string(all[1].Config); got != `{"app":"a","timezone":"UTC"}` {
		t.Error(got)
	}
	t.Setenv("TZ", "Mars/Base")
	if got := localZone(); got != "" {
		t.Errorf("zone %q", got)
	}
	t.Setenv("TZ", "Asia/Tokyo")
	if got := localZone(); got != "Asia/Tokyo" {
		t.Errorf("zone %q", got)
	}
}
