// Package page is the page at /: what this is, and where the API is. It holds one
// static file and keeps nothing.
package page

import (
	_ "embed"
	"net/http"
)

//go:embed index.html
var index []byte

// policy lets the page use its own style and nothing else.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(index) // the client has gone; nobody is left to tell
	})
}
