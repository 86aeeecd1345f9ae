package tail

import (
	"errors"
	"io/fs"

	"github.com/millrace/millrace/agent/internal/find"
)

// refusal is why a file that matches is not collected.
type refusal struct {
	collection string
	err        error
	scan       uint64 // that has seen the file last; 0: a notice told of it
}

// refusedFor is a collection and a kind of refusal.
type refusedFor struct{ collection, why string }

func (t *Tailer) refuse(e *find.Event, err error) {
	t.refused[e.Name] = refusal{e.View.Name, err, e.Scan}
}

// forgetRefused drops those that a scan has not seen, or that no collection wants.
func (t *Tailer) forgetRefused(scan uint64) {
	for name, r := range t.refused {
		if t.ownerOf(r.collection, name) == nil || r.scan != 0 && r.scan != scan {
			delete(t.refused, name)
		} else if r.scan == 0 { // it may have come behind the scan
			r.scan = scan
			t.refused[name] = r
		}
	}
}

// tellRefused logs how many files of each collection are refused, with one of them: at
// first, and when they have become twice as many. A glob over a large foreign tree would
// fill the log otherwise; beats tell of each file.
func (t *Tailer) tellRefused() {
	type group struct {
		files int
		path  string // that sorts first
		err   error
	}
	groups := map[refusedFor]group{}
	for name, r := range t.refused {
		key := refusedFor{r.collection, why(r.err)}
		g := groups[key]
		if g.files++; g.path == "" || name < g.path {
			g.path, g.err = name, r.err
		}
		groups[key] = g
	}
	for key, g := range groups {
		if g.files < 2*t.told[key] {
			continue
		}
		t.told[key] = g.files
		t.log.Warn("files are not collected", "collection", key.collection, "cause", key.why, "files", g.files, "such_as", g.path, "error", g.err)
	}
	for key := range t.told {
		if groups[key].files == 0 {
			delete(t.told, key)
		}
	}
}

// why is the kind of a refusal.
func why(err error) string {
	for _, kind := range []error{find.ErrNotAllowed, find.ErrNotRegular, fs.ErrPermission} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return "cannot be read"
}
