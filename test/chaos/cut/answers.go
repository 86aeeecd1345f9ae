package cut

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"
)

// The ways in which Answers fails.
const (
	TooMany     = "429"  // half of the requests are refused: the store is overloaded
	Unavailable = "503"  // all of them are
	Swallowed   = "lost" // requests are carried out, and then answered with 503
)

// AnswerModes are the ways to fail.
func AnswerModes() []string { return []string{TooMany, Unavailable, Swallowed} }

// Answers stands before Elasticsearch. Its methods are safe for concurrent use.
type Answers struct {
	mode   atomic.Value // string
	server http.Server
	pass   *httputil.ReverseProxy
	addr   string
	ended  chan struct{}
}

// NewAnswers listens on any port and passes requests on to target, a host:port.
func NewAnswers(ctx context.Context, target string) (*Answers, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &Answers{addr: listener.Addr().String(), ended: make(chan struct{})}
	a.mode.Store("")
	a.pass = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: target})
	a.pass.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { panic(http.ErrAbortHandler) } // as a lost server would end
	a.server = http.Server{Handler: a, ReadHeaderTimeout: 10 * time.Second}
	go func() { // ends with Close
		defer close(a.ended)
		_ = a.server.Serve(listener)
	}()
	return a, nil
}

// Address is where clients find it.
func (a *Answers) Address() string { return a.addr }

// Set chooses how it fails; "" is not at all.
func (a *Answers) Set(mode string) { a.mode.Store(mode) }

// Close ends every connection.
func (a *Answers) Close() error {
	err := a.server.Close()
	<-a.ended
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// ServeHTTP implements http.Handler.
func (a *Answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch mode := a.mode.Load(); {
	case mode == TooMany && rand.IntN(2) == 0:
		refuse(w, r, http.StatusTooManyRequests)
	case mode == Unavailable:
		refuse(w, r, http.StatusServiceUnavailable)
	case mode == Swallowed:
		a.pass.ServeHTTP(unheard{}, r)
		refuse(w, r, http.StatusServiceUnavailable)
	default:
		a.pass.ServeHTTP(w, r)
	}
}

// refuse answers as Elasticsearch does when it is overloaded.
func refuse(w http.ResponseWriter, r *http.Request, status int) {
	_, _ = io.Copy(io.Discard, r.Body) // or the client would see a broken wire instead of the answer
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"type":"es_rejected_execution_exception","reason":"chaos"},"status":%d}`, status)
}

// unheard takes an answer that nobody gets.
type unheard struct{}

func (unheard) Header() http.Header         { return http.Header{} }
func (unheard) Write(p []byte) (int, error) { return len(p), nil }
func (unheard) WriteHeader(int)             {}
