package web

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// site serves a folder of files, and one of them, the fallback, for every other path.
type site struct {
	files    fs.FS
	fallback string
}

func newSite(files fs.FS, fallback string) *site { return &site{files, fallback} }

// types are the kinds of files that a page has. The system's own table would make the
// answer depend on the machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".json": "application/json",
	".png":  "image/png",
}

// hashed is the folder whose files change their names when they change.
const hashed = "assets/"

// ServeHTTP implements http.Handler.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the page can only be read", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	kind, known := types[path.Ext(name)]
	if body, err := fs.ReadFile(s.files, name); known && err == nil {
		s.send(w, r, http.StatusOK, name, kind, body)
		return
	}
	if strings.HasPrefix(name, hashed) { // of another build: the page must not come as its script
		http.Error(w, "this build of the page has no such file; load the page anew", http.StatusNotFound)
		return
	}
	s.page(w, r, http.StatusOK)
}

// page sends the fallback.
func (s *site) page(w http.ResponseWriter, r *http.Request, status int) {
	body, err := fs.ReadFile(s.files, s.fallback)
	if err != nil {
		http.Error(w, "the page is missing from this build", http.StatusNotFound)
		return
	}
	s.send(w, r, status, s.fallback, types[".html"], body)
}

func (s *site) send(w http.ResponseWriter, r *http.Request, status int, name, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, hashed) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if packed, err := fs.ReadFile(s.files, name+".gz"); err == nil {
		h.Add("Vary", "Accept-Encoding")
		if takesGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = packed
		}
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the client has gone; nobody is left to tell
}

// takesGzip reports whether the client takes gzip. A client that names it with a weight
// of nought does not.
func takesGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight != "q=0" && !strings.HasPrefix(weight, "q=0.000")
		}
	}
	return false
}
