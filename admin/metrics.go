package admin

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/admin/internal/api"
)

// metrics of the admin.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "millrace_admin_requests_total",
			Help: "Answered requests by route, method and status. Many 5xx: see /readyz for the part that is missing.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "millrace_admin_request_seconds",
			Help:    "Time to answer. A slow /api/v1/search points at the search store.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
	}
	reg.MustRegister(m.requests, m.seconds)
	return m
}

// count is a middleware. Unknown routes and methods share one label each.
func (m *metrics) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(ww, r)
		route := chi.RouteContext(r.Context()).RoutePattern()
		method := r.Method
		if route == "" || ww.Status() == http.StatusMethodNotAllowed {
			route, method = "other", "other"
		}
		code := ww.Status()
		if code == 0 {
			code = http.StatusOK
		}
		m.requests.WithLabelValues(route, method, strconv.Itoa(code)).Inc()
		if ww.Header().Get("Content-Type") != api.EventStream { // lasts as long as somebody watches
			m.seconds.WithLabelValues(route, method).Observe(time.Since(began).Seconds())
		}
	})
}
