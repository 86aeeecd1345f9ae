// Package web holds the page: search, collections, fleet and pipeline, as files built
// from src by `npm run build` and embedded here.
//
// The built files are not committed. Without them the package builds and serves a
// placeholder that says how to build them, so Go alone is enough to build and test
// everything else. Handler keeps nothing, starts nothing and talks to nobody: the page
// gets all it shows from the API.
package web

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// all: keeps files whose names a bundler may begin with an underscore.
//
//go:embed all:dist
var dist embed.FS

// policy lets the page load its own files and call its own server, and nothing else.
// Styles are set through the DOM, which needs no 'unsafe-inline'; the blob: and data:
// pictures are what a browser makes of our own canvas and icons.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at every path that names no file of it, since the page reads
// its state from the address. Mount it at Paths. Files with a hash in their names may be kept for ever.
func Handler() http.Handler { return pages() }

func pages() *site {
	app, err := fs.Sub(dist, "dist/app")
	if err == nil {
		_, err = fs.Stat(app, index)
	}
	if err == nil {
		return newSite(app, index)
	}
	return placeholder()
}

// Paths are where the page is served, as patterns of chi: its addresses and its files.
// All else stays free, so that an address that nobody knows is a 404.
func Paths() []string {
	return []string{
		"/", "/collections", "/collections/{name}", "/new-collection", "/fleet", "/fleet/{id}", "/pipeline",
		"/assets/*", "/icon.svg", "/theme.js", "/placeholder.css",
	}
}

// Serves reports whether one of Paths matches. What is there is the same for everybody
// and tells nothing of what is collected, so it needs no token; the page asks for it.
func Serves(path string) bool {
	return slices.ContainsFunc(Paths(), func(pattern string) bool {
		folder, rest, open := strings.Cut(pattern, "{")
		if !open {
			folder, rest, open = strings.Cut(pattern, "*")
		}
		if !open {
			return path == pattern
		}
		name, ok := strings.CutPrefix(path, folder)
		return ok && name != "" && (rest == "" || !strings.Contains(name, "/"))
	})
}

// Missing serves an address where nothing is. A person gets the page, which says so and
// leads on, or is led to the address without a slash at its end; for programs and below
// /api there is rest.
func Missing(rest http.Handler) http.Handler {
	page := pages()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if !forPerson(r) {
			rest.ServeHTTP(w, r)
			return
		}
		if path := strings.TrimRight(r.URL.Path, "/"); path != r.URL.Path && Serves(path) {
			http.Redirect(w, r, (&url.URL{Path: path, RawQuery: r.URL.RawQuery}).String(), http.StatusPermanentRedirect)
			return
		}
		page.page(w, r, http.StatusNotFound)
	})
}

// forPerson reports whether a browser asks for a page to show.
func forPerson(r *http.Request) bool {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return reads && strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.HasPrefix(r.URL.Path, "/api/")
}

// Built reports whether the page itself is embedded, not only the placeholder.
func Built() bool {
	_, err := fs.Stat(dist, "dist/app/"+index)
	return !errors.Is(err, fs.ErrNotExist)
}

const index = "index.html"

func placeholder() *site {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the path is constant and valid
	}
	return newSite(files, "placeholder.html")
}
