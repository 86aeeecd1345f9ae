package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/indexer/internal/store"
	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/schemas/index"
)

// server is what a test says of the search store's templates.
type server struct {
	there     string // answer to reading our template, a 404 if empty
	refuses   string // a word that a template must not hold
	simulated string // answer to a simulation, a 405 if empty
	status    int    // answer to every request, if set
	written   []string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	say := func(status int, text string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
	switch {
	case s.status != 0:
		say(s.status, `{}`)
	case r.Method == http.MethodGet && s.there == "":
		say(http.StatusNotFound, `{"error":{"type":"resource_not_found_exception"}}`)
	case r.Method == http.MethodGet:
		say(http.StatusOK, s.there)
	case r.Method == http.MethodPut && s.refuses != "" && strings.Contains(string(body), s.refuses):
		say(http.StatusBadRequest, `{"error":{"type":"mapper_parsing_exception","reason":"No handler for `+s.refuses+`"}}`)
	case r.Method == http.MethodPut:
		s.written = append(s.written, string(body))
		say(http.StatusOK, `{"acknowledged":true}`)
	case s.simulated == "":
		say(http.StatusMethodNotAllowed, `{"error":"Incorrect HTTP method"}`)
	default:
		say(http.StatusOK, s.simulated)
	}
}

const (
	oursApplies   = `{"template":{"mappings":{"_meta":{"managed_by":"millrace"}}}}`
	theirsApplies = `{"template":{"mappings":{}},"overlapping":[{"name":"logs","index_patterns":["logs-*"]}]}`
)

func thereInVersion(v int) string {
	return fmt.Sprintf(`{"index_templates":[{"name":%q,"index_template":{"version":%d,"_meta":{"level":"basic"}}}]}`, index.TemplateName, v)
}

func TestInstallTemplate(t *testing.T) {
	for name, tc := range map[string]struct {
		server server
		want   store.Installed
		writes int
		err    error // errAny: some error
	}{
		"a new server takes it whole": {
			server{simulated: oursApplies},
			store.Installed{Level: "full", Written: true, Checked: true},
			1, nil,
		},
		"a server without the extensions' types takes less": {
			server{refuses: "match_only_text", simulated: oursApplies},
			store.Installed{Level: "basic", Written: true, Checked: true},
			1, nil,
		},
		"a server without flattened takes the least": {
			server{refuses: `"flattened"`},
			store.Installed{Level: "minimal", Written: true},
			1, nil,
		},
		"one that is there is left alone": {
			server{there: thereInVersion(index.TemplateVersion), simulated: oursApplies},
			store.Installed{Level: "basic", Checked: true},
			0, nil,
		},
		"one of a later version is left alone": {
			server{there: thereInVersion(index.TemplateVersion + 1), simulated: oursApplies},
			store.Installed{Level: "basic", Checked: true},
			0, nil,
		},
		"one of an earlier version is replaced": {
			server{there: thereInVersion(index.TemplateVersion - 1), simulated: oursApplies},
			store.Installed{Level: "full", Written: true, Checked: true},
			1, nil,
		},
		"another template goes before ours": {server{simulated: theirsApplies}, store.Installed{}, 1, store.ErrOvershadowed},
		"a server that refuses everything":  {server{refuses: "millrace"}, store.Installed{}, 0, errAny},
		"a server that is not allowed to":   {server{status: http.StatusForbidden}, store.Installed{}, 0, errAny},
	} {
		t.Run(name, func(t *testing.T) {
			web := httptest.NewServer(&tc.server)
			defer web.Close()
			client, err := elastic.New(elastic.Config{Addresses: []string{web.URL}})
			if err != nil {
				t.Fatal(err)
			}
			got, err := store.New(client, 0, time.Minute).InstallTemplate(context.Background())
			if (err == nil) != (tc.err == nil) || (tc.err != nil && !errors.Is(tc.err, errAny) && !errors.Is(err, tc.err)) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			if err == nil && got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
			if len(tc.server.written) != tc.writes {
				t.Errorf("%d templates were written, want %d", len(tc.server.written), tc.writes)
			}
		})
	}
}

var errAny = errors.New("any")

func TestDeleteTouchesOnlyOurIndices(t *testing.T) {
	s := server{status: http.StatusOK}
	web := httptest.NewServer(&s)
	defer web.Close()
	client, err := elastic.New(elastic.Config{Addresses: []string{web.URL}})
	if err != nil {
		t.Fatal(err)
	}
	st := store.New(client, 0, time.Minute)
	for _, name := range []string{"", "*", "_all", "logs-*", "logs-generic-default", "logs-a-b-2026.11.22,other"} {
		if err := st.Delete(context.Background(), name); !errors.Is(err, index.ErrName) {
			t.Errorf("Delete(%q) = %v, want ErrName", name, err)
		}
	}
	if err := st.Delete(context.Background(), "logs-a-b-2026.11.22"); err != nil {
		t.Error(err)
	}
}
