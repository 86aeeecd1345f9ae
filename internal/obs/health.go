package obs

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// checkTimeout bounds one readiness check: a part that does not answer in time
// is not ready.
const checkTimeout = 2 * time.Second

// Health is a set of named readiness checks. The zero Health is ready. Safe for
// concurrent use.
type Health struct {
	mu     sync.Mutex
	checks []check
}

type check struct {
	name string
	run  func(context.Context) error
}

// Add adds a check: nil means ready, an error says what is missing. A check must
// heed its ctx, which ends after 2 s.
func (h *Health) Add(name string, run func(context.Context) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks = append(h.checks, check{name, run})
}

// Report is the outcome of all checks.
type Report struct {
	Ready bool `json:"ready"`
	// Checks holds "ok" or what is wrong, by name.
	Checks map[string]string `json:"checks"`
}

// Check runs all checks at once and waits for them.
func (h *Health) Check(ctx context.Context) Report {
	h.mu.Lock()
	checks := append([]check(nil), h.checks...)
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()

	errs := make([]error, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() { errs[i] = c.run(ctx) })
	}
	wg.Wait()

	r := Report{Ready: true, Checks: make(map[string]string, len(checks))}
	for i, c := range checks {
		r.Checks[c.name] = "ok"
		if errs[i] != nil {
			r.Ready = false
			r.Checks[c.name] = errs[i].Error()
		}
	}
	return r
}

// Live answers 200 as long as the process can answer at all.
func Live() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": Build().Version})
	})
}

// Ready answers with the Report, 200 when ready and 503 when not.
func (h *Health) Ready() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report := h.Check(r.Context())
		code := http.StatusOK
		if !report.Ready {
			code = http.StatusServiceUnavailable
		}
		writeJSON(w, code, report)
	})
}

// Handler serves /healthz, /readyz and /metrics, for the roles that serve
// nothing else.
func Handler(h *Health, metrics http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", Live())
	mux.Handle("GET /readyz", h.Ready())
	mux.Handle("GET /metrics", metrics)
	return mux
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client has gone; nobody is left to tell
}
