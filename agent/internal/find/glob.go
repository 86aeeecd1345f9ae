package find

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/millrace/millrace/schemas/collect"
)

// rule is one glob of one collection.
type rule struct {
	view  *collect.AgentView
	glob  string
	globs []string // the same without braces
}

// ranked lists the rules of all collections, the one that wins first: highest
// priority, then longest literal path prefix, then name.
func ranked(views []collect.AgentView) []rule {
	var rules []rule
	for i := range views {
		for _, glob := range views[i].Paths {
			rules = append(rules, rule{&views[i], glob, alternatives(glob)})
		}
	}
	slices.SortStableFunc(rules, func(a, b rule) int {
		if a.view.Priority != b.view.Priority {
			return b.view.Priority - a.view.Priority
		}
		if d := len(collect.LiteralPrefix(b.glob)) - len(collect.LiteralPrefix(a.glob)); d != 0 {
			return d
		}
		return strings.Compare(a.view.Name, b.view.Name)
	})
	return rules
}

// owner is the rank of the first rule that takes a path.
func owner(rules []rule, path string) (rank int, ok bool) {
	for i, r := range rules {
		if doublestar.MatchUnvalidated(r.glob, path) {
			if _, ok := r.view.Matches(path); ok {
				return i, true
			}
		}
	}
	return 0, false
}

// leads reports whether a glob without braces may match something below a folder.
func leads(glob, dir string) bool {
	parts := strings.Split(strings.TrimPrefix(glob, "/"), "/")
	for i, d := range strings.Split(strings.TrimPrefix(dir, "/"), "/") {
		if i == len(parts) {
			return false
		}
		if parts[i] == "**" {
			return true
		}
		if ok, err := doublestar.Match(parts[i], d); !ok || err != nil || i == len(parts)-1 {
			return false
		}
	}
	return true
}

// walker expands globs in the file system. The directories are told before they
// are read, so that a watch can be set first and no change falls in between.
type walker struct {
	dir   func(path string)
	found func(path string, link bool)
}

// expand calls found for everything that matches globs without braces and is not a
// directory.
// Problems with single directories are told to err and do not stop it.
func (w *walker) expand(globs []string, err func(error)) {
	for _, g := range globs {
		parts := strings.Split(strings.TrimPrefix(g, "/"), "/")
		w.walk("/", parts, err)
	}
}

func (w *walker) walk(dir string, parts []string, fail func(error)) {
	for len(parts) > 1 && !hasMeta(parts[0]) {
		if len(parts) == 2 || hasMeta(parts[1]) {
			w.dir(dir) // the parent of where searching begins: it may yet come
		}
		dir = filepath.Join(dir, unescape(parts[0]))
		parts = parts[1:]
	}
	w.dir(dir)
	if len(parts) == 1 && !hasMeta(parts[0]) {
		w.literal(filepath.Join(dir, unescape(parts[0])), fail)
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		fail(err)
	}
	if parts[0] == "**" {
		w.deep(dir, entries, parts[1:], fail)
		return
	}
	for _, e := range entries {
		if ok, _ := doublestar.Match(parts[0], e.Name()); ok {
			w.step(dir, e, parts[1:], fail)
		}
	}
}

// deep handles `**`: no directory at all, or any number of them. Symlinks to
// directories are not followed, since they may form a circle.
func (w *walker) deep(dir string, entries []fs.DirEntry, rest []string, fail func(error)) {
	if len(rest) == 0 {
		rest = []string{"*"}
	}
	for _, e := range entries {
		if e.IsDir() {
			w.walk(filepath.Join(dir, e.Name()), append([]string{"**"}, rest...), fail)
		}
		if ok, _ := doublestar.Match(rest[0], e.Name()); ok && (rest[0] != "**") {
			w.step(dir, e, rest[1:], fail)
		}
	}
}

func (w *walker) step(dir string, e fs.DirEntry, rest []string, fail func(error)) {
	path := filepath.Join(dir, e.Name())
	link := e.Type()&fs.ModeSymlink != 0
	switch {
	case len(rest) == 0:
		if !e.IsDir() {
			w.found(path, link)
		}
	case e.IsDir() || link && isDir(path):
		w.walk(path, rest, fail)
	}
}

func (w *walker) literal(path string, fail func(error)) {
	info, err := os.Lstat(path)
	switch {
	case err == nil:
		if !info.IsDir() {
			w.found(path, info.Mode()&fs.ModeSymlink != 0)
		}
	case !os.IsNotExist(err):
		fail(err)
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func hasMeta(part string) bool { return strings.ContainsAny(part, "*?[{") }

func unescape(part string) string { return strings.ReplaceAll(part, `\`, "") }

// maxAlternatives bounds what one glob may stand for.
const maxAlternatives = 1024

// alternatives expands the braces of a glob: a{b,c/d}e is abe and ac/de.
func alternatives(glob string) []string {
	open, depth := -1, 0
	var commas []int
	for i := 0; i < len(glob); i++ {
		switch glob[i] {
		case '\\':
			i++
		case '{':
			if depth++; depth == 1 {
				open = i
			}
		case ',':
			if depth == 1 {
				commas = append(commas, i)
			}
		case '}':
			if depth--; depth != 0 {
				continue
			}
			var all []string
			from := open + 1
			for _, end := range append(commas, i) {
				all = append(all, alternatives(glob[:open]+glob[from:end]+glob[i+1:])...)
				from = end + 1
			}
			return all[:min(len(all), maxAlternatives)]
		}
	}
	return []string{glob}
}

// Claim is a collection that takes a path, by one of its globs.
type Claim struct {
	View *collect.AgentView
	Glob string
}

// Claims are the collections that take a path, each once. The first one gets it.
func Claims(views []collect.AgentView, path string) []Claim {
	var claims []Claim
	for _, r := range ranked(views) {
		taken := slices.ContainsFunc(claims, func(c Claim) bool { return c.View == r.view })
		if taken || !doublestar.MatchUnvalidated(r.glob, path) {
			continue
		}
		if _, ok := r.view.Matches(path); ok {
			claims = append(claims, Claim{r.view, r.glob})
		}
	}
	return claims
}
