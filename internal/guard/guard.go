// Package guard stands before every request of a server: who may call it, by which
// name, from which page, with how much, and what happens to a handler that panics.
//
// Loopback is not a fence. A web page that a user of this machine has open can send
// requests to 127.0.0.1, and after its name was rebound to it (DNS rebinding) could
// even read the answers. So the Host must be ours and an Origin must be the Host.
// Pictures and frames in other pages name no Origin; of those browsers tell the site.
package guard

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strings"

	"github.com/millrace/millrace/internal/problem"
)

// minToken is the length of the shortest token that is not a joke.
const minToken = 16

// maxTokenFile bounds the token's file.
const maxTokenFile = 4 << 10

// Config says whom to let in.
type Config struct {
	// Hosts are names, besides this machine's addresses, that may be called.
	Hosts []string
	// Token must come with every request but those to Open; none when empty.
	Token string
	// Open tells paths that need no token; nil: there are none.
	Open func(path string) bool
	Log  *slog.Logger
}

// ReadToken reads a token's file. An empty path is no token.
func ReadToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	if info.Size() > maxTokenFile {
		return "", fmt.Errorf("token: %s is too large to hold a token", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if len(token) < minToken {
		return "", fmt.Errorf("token: %s must hold at least %d characters", path, minToken)
	}
	return token, nil
}

// New puts the guard before a handler.
func New(cfg Config, next http.Handler) http.Handler {
	g := &guard{cfg: cfg, next: next, token: sha256.Sum256([]byte(cfg.Token))}
	return http.HandlerFunc(g.serve)
}

type guard struct {
	cfg   Config
	next  http.Handler
	token [sha256.Size]byte
}

func (g *guard) serve(w http.ResponseWriter, r *http.Request) {
	defer g.recover(w, r)
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	switch {
	case !g.knows(r):
		problem.Write(w, http.StatusMisdirectedRequest, fmt.Sprintf(
			"the Host %q is not one of this server's; call it by its address, or add the name to allowed_hosts", r.Host))
	case !sameOrigin(r):
		problem.Write(w, http.StatusForbidden, fmt.Sprintf("the Origin %q may not call this server: pages of other sites are kept out", r.Header.Get("Origin")))
	case embedded(r):
		problem.Write(w, http.StatusForbidden, "pages of other sites may link to this server, and show nothing of it")
	case !g.bears(r):
		h.Set("WWW-Authenticate", `Bearer realm="millrace"`)
		problem.Write(w, http.StatusUnauthorized, "send the token of this server's token file as \"Authorization: Bearer …\"")
	default:
		g.next.ServeHTTP(w, r)
	}
}

// knows reports whether the Host is ours: localhost, a loopback address, the address
// that the connection came to, or an allowed name. The port does not matter, since it
// may have been forwarded.
func (g *guard) knows(r *http.Request) bool {
	host := hostname(r.Host)
	if strings.EqualFold(host, "localhost") {
		return true
	}
	for _, allowed := range g.cfg.Hosts {
		if strings.EqualFold(host, allowed) {
			return true
		}
	}
	ip := net.ParseIP(host)
	if ip == nil {
		return false
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ip.IsLoopback() || local != nil && local.IP.Equal(ip)
}

// hostname is a Host without its port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.TrimSuffix(host, ".")
}

// sameOrigin reports whether a request that names the page it comes from comes from
// a page of ours. Programs that are no browsers name none.
func sameOrigin(r *http.Request) bool {
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		return true
	}
	origin, err := url.Parse(values[0])
	return err == nil && len(values) == 1 && origin.Host != "" && strings.EqualFold(origin.Host, r.Host)
}

// embedded reports whether a page of another site has the browser fetch something by
// itself: fifty pictures would take all the live tails that there are. A link may be
// followed.
func embedded(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site": // the latter is another port of this host
		return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
	}
	return false
}

// bears reports whether the request has the token, where one is asked for. It takes
// the same time however wrong the token is.
func (g *guard) bears(r *http.Request) bool {
	if g.cfg.Token == "" {
		return true
	}
	if g.cfg.Open != nil && g.cfg.Open(r.URL.Path) {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

// recover answers for a handler that panicked. What it panicked with is for the log
// only.
func (g *guard) recover(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v) // it means: cut the connection
	}
	g.cfg.Log.Error("a request made the server panic; this is a bug", "method", r.Method, "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
	problem.Write(w, http.StatusInternalServerError, "the server failed; its log says how")
}
