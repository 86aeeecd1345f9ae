package input

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/agent/internal/input/otlp"
	"github.com/millrace/millrace/agent/internal/spool"
)

const (
	// maxBody is the largest body of a request, unpacked. It fits every spool.
	maxBody = minSpool / 4
	// atOnce is how many bodies are in memory at a time; a request waits for its turn
	// as long as turnTime, and then is told to come later.
	atOnce   = 16
	turnTime = 5 * time.Second
	// bodyTime is how long a client may take to send a request.
	bodyTime = 30 * time.Second
	// stopTime is how long a stop waits for requests that have begun.
	stopTime = 5 * time.Second
	// later is what Retry-After says, in seconds.
	later = "5"
)

// refusal is an answer other than success.
type refusal struct {
	code int
	why  string
}

func (r *refusal) Error() string { return r.why }

func refuse(code int, format string, args ...any) error {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// serveHTTP takes lines, and logs of OTLP, at all addresses of the input.
func (in *input) serveHTTP(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	server := &http.Server{
		Handler: in.handler(), ReadHeaderTimeout: bodyTime, ReadTimeout: bodyTime, IdleTimeout: in.cfg.IdleTimeout,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(in.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	var listening []string
	for _, text := range in.cfg.Listen {
		a, err := parseAddress(text, schemes[HTTP])
		var l net.Listener
		if err == nil {
			l, err = in.listen(ctx, a)
		}
		if err != nil {
			g.Go(func() error { return fmt.Errorf("listen: %w", err) })
			break
		}
		listening = append(listening, a.scheme+"://"+l.Addr().String())
		l = netutil.LimitListener(l, in.cfg.MaxConnections)
		g.Go(func() error { return server.Serve(l) })
	}
	in.counts.listen(listening...)
	g.Go(func() error { // ends the others
		<-ctx.Done()
		in.counts.listen()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		return errors.Join(server.Shutdown(end), server.Close())
	})
	return g.Wait()
}

func (in *input) handler() http.Handler {
	turns := make(chan struct{}, atOnce)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/logs", func(w http.ResponseWriter, r *http.Request) {
		in.answerOTLP(w, r, turns)
	})
	lines := func(w http.ResponseWriter, r *http.Request) {
		var events int
		err := in.take(r, turns, func(body []byte, kind string) (lines []byte, n int, err error) {
			lines, err = in.linesOf(body, kind)
			events = bytes.Count(lines, []byte{'\n'})
			return lines, events, err
		})
		if err != nil {
			reply(w, in.code(w, err), "application/json", otlp.Refusal(err.Error(), true))
			return
		}
		reply(w, http.StatusOK, "application/json", fmt.Appendf(nil, `{"accepted":%d}`, events))
	}
	mux.HandleFunc("POST /{$}", lines)
	mux.HandleFunc("POST /lines", lines)
	return mux
}

func (in *input) answerOTLP(w http.ResponseWriter, r *http.Request, turns chan struct{}) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	text := kind == "application/json"
	rejected := 0
	err := in.take(r, turns, func(body []byte, kind string) ([]byte, int, error) {
		if !text && kind != "application/x-protobuf" {
			return nil, 0, refuse(http.StatusUnsupportedMediaType, "Content-Type must be application/x-protobuf or application/json, is %q", kind)
		}
		l, err := otlp.Decode(body, text)
		if err != nil {
			return nil, 0, refuse(http.StatusBadRequest, "%v", err)
		}
		var lines []byte
		var n int
		lines, n, rejected, err = l.Lines(in.cfg.MaxEventBytes)
		return lines, n, err
	})
	if !text {
		kind = "application/x-protobuf"
	}
	if err != nil {
		reply(w, in.code(w, err), kind, otlp.Refusal(err.Error(), text))
		return
	}
	in.counts.dropped.Add(uint64(rejected))
	why := fmt.Sprintf("longer than %d bytes as JSON", in.cfg.MaxEventBytes)
	reply(w, http.StatusOK, kind, otlp.Answer(rejected, why, text))
}

// take reads a request, makes lines of it, and writes them to the spool and to the
// disk. Only then it returns without an error.
func (in *input) take(r *http.Request, turns chan struct{}, lines func(body []byte, kind string) ([]byte, int, error)) error {
	if err := in.allowed(r); err != nil {
		return err
	}
	wait := time.NewTimer(turnTime)
	defer wait.Stop()
	select {
	case turns <- struct{}{}:
		defer func() { <-turns }()
	case <-wait.C:
		return refuse(http.StatusServiceUnavailable, "too many requests at a time")
	case <-r.Context().Done():
		return r.Context().Err()
	}
	body, err := bodyOf(r)
	if err != nil {
		return err
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	text, events, err := lines(body, kind)
	if err != nil {
		return err
	}
	if len(text) > in.spool.MaxAppend() {
		return refuse(http.StatusRequestEntityTooLarge, "the events have %d bytes as lines, more than %d: send fewer at a time", len(text), in.spool.MaxAppend())
	}
	if err := errors.Join(in.spool.Append(text), in.spool.Sync()); err != nil {
		return err
	}
	in.counts.took(events, len(text))
	return nil
}

// allowed checks the token. Its file is read each time, so that a new one needs no
// restart.
func (in *input) allowed(r *http.Request) error {
	if in.cfg.TokenFile == "" {
		return nil
	}
	want, err := os.ReadFile(in.cfg.TokenFile)
	if err != nil {
		return fmt.Errorf("token_file: %w", err)
	}
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256(bytes.TrimSpace(want))
	if !ok || len(bytes.TrimSpace(want)) == 0 || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		return refuse(http.StatusUnauthorized, "the token is missing or wrong: send it as Authorization: Bearer TOKEN")
	}
	return nil
}

// bodyOf reads a body, unpacked, up to maxBody.
func bodyOf(r *http.Request) ([]byte, error) {
	reader := io.Reader(r.Body)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body is not gzip: %v", err)
		}
		reader = unpacked
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "Content-Encoding must be gzip or none, is %q", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(reader, maxBody+1))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body ends early: %v", err)
	}
	if len(body) > maxBody {
		// A client that still writes would see its connection reset, and not the answer.
		_, _ = io.CopyN(io.Discard, r.Body, maxBody)
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", maxBody)
	}
	return body, nil
}

// linesOf are the events of a body: its lines that are not empty. NDJSON must be JSON
// in each line; a body of application/json is one event.
func (in *input) linesOf(body []byte, kind string) ([]byte, error) {
	if kind == "application/json" {
		var one bytes.Buffer
		if err := json.Compact(&one, body); err != nil {
			return nil, refuse(http.StatusBadRequest, "the body is not JSON: %v", err)
		}
		body = one.Bytes()
	}
	lines := make([]byte, 0, len(body)+1)
	number := 0
	for line := range bytes.Lines(body) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(line) == 0:
			continue
		case len(line) > in.cfg.MaxEventBytes:
			return nil, refuse(http.StatusRequestEntityTooLarge, "line %d has %d bytes, more than %d; nothing was taken", number, len(line), in.cfg.MaxEventBytes)
		case kind == "application/x-ndjson" && !json.Valid(line):
			return nil, refuse(http.StatusBadRequest, "line %d is not JSON; nothing was taken", number)
		}
		lines = append(append(lines, line...), '\n')
	}
	return lines, nil
}

// code is the status of an error's answer.
func (in *input) code(w http.ResponseWriter, err error) int {
	in.counts.refused.Add(1)
	r := &refusal{code: http.StatusInternalServerError}
	switch {
	case errors.As(err, &r):
	case errors.Is(err, spool.ErrFull):
		r.code = http.StatusServiceUnavailable
		in.counts.trouble(err)
	default:
		in.counts.trouble(err)
	}
	if r.code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", later)
	}
	return r.code
}

func reply(w http.ResponseWriter, code int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(code)
	_, _ = w.Write(body) // a client that has gone learns nothing
}
