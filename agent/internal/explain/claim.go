package explain

import (
	"fmt"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
)

// unclaimed finds why no collection takes the path, or notes which one does.
func (a *answer) unclaimed() bool {
	claims := find.Claims(a.Views, a.Path)
	if len(claims) > 0 && (a.Collection == "" || claims[0].View.Name == a.Collection) {
		a.e.Collection, a.e.Glob = claims[0].View.Name, claims[0].Glob
		return false
	}
	if f := a.File; f != nil && f.Collection != "" && (a.Collection == "" || a.Collection == f.Collection) {
		a.e.Collection = f.Collection // by another name, or one that it had
		a.e.Glob, _ = a.view().Matches(f.Path)
		return false
	}
	for _, c := range claims {
		if c.View.Name == a.Collection {
			return a.beaten(claims[0], c)
		}
	}
	return a.unselected() || a.unmatched()
}

// beaten tells of a collection that goes before the expected one.
func (a *answer) beaten(first, expected find.Claim) bool {
	why := "its name sorts first"
	switch d := first.View.Priority - expected.View.Priority; {
	case d > 0:
		why = fmt.Sprintf("its priority is %d and that of %s %d", first.View.Priority, expected.View.Name, expected.View.Priority)
	case len(collect.LiteralPrefix(first.Glob)) > len(collect.LiteralPrefix(expected.Glob)):
		why = fmt.Sprintf("of equal priority, its glob %s is more specific than %s", first.Glob, expected.Glob)
	}
	a.e.Collection, a.e.Glob = first.View.Name, first.Glob
	return a.is(status.OtherCollection, "it belongs to %s, which goes first: %s", first.View.Name, why)
}

// unselected tells of collections that are not for this host.
func (a *answer) unselected() bool {
	if a.Collection != "" {
		if problem := a.Errors[a.Collection]; problem != "" && !named(a.Views, a.Collection) {
			return a.is(status.NoCollection, "the collection %s is not applied: %s", a.Collection, problem)
		}
		if !named(a.Views, a.Collection) && !named(a.Others, a.Collection) {
			return a.is(status.NoCollection, "there is no collection %s", a.Collection)
		}
	}
	for _, c := range find.Claims(a.Others, a.Path) {
		if a.Collection != "" && c.View.Name != a.Collection {
			continue
		}
		a.e.Collection, a.e.Glob = c.View.Name, c.Glob
		return a.is(status.NotSelected, "%s takes it, but does not select the host %s: it selects %s", c.View.Name, a.Host, selection(&c.View.Select))
	}
	if len(a.Views) > 0 {
		return false
	}
	return a.is(status.NoCollection, "no collection selects the host %s; %d select others", a.Host, len(a.Others))
}

// unmatched tells of the glob that comes nearest.
func (a *answer) unmatched() bool {
	nearest, down := find.Claim{}, ""
	best := nearness{parts: -1}
	for i := range a.Views {
		v := &a.Views[i]
		if a.Collection != "" && v.Name != a.Collection {
			continue
		}
		for _, glob := range v.Paths {
			if doublestar.MatchUnvalidated(glob, a.Path) {
				exclude, _ := v.Excludes(a.Path)
				a.e.Collection, a.e.Glob = v.Name, exclude
				return a.is(status.Excluded, "%s of %s takes it, and its exclude %s leaves it out", glob, v.Name, exclude)
			}
			if n := near(glob, a.Path); best.less(n) {
				best, nearest, down = n, find.Claim{View: v, Glob: glob}, n.folder
			}
		}
	}
	if nearest.View == nil {
		return a.is(status.NoMatch, "no glob takes it; there are none of files")
	}
	a.e.Collection, a.e.Glob = nearest.View.Name, nearest.Glob
	return a.is(status.NoMatch, "no glob takes it; nearest comes %s of %s, which agrees with it down to %s", nearest.Glob, nearest.View.Name, down)
}

// nearness is how much of a path a glob agrees with: its folders, then its end.
type nearness struct {
	parts, tail int
	folder      string
}

func (n nearness) less(o nearness) bool {
	return n.parts < o.parts || n.parts == o.parts && n.tail < o.tail
}

func near(glob, path string) nearness {
	n := nearness{folder: "/"}
	globs, parts := strings.Split(glob, "/"), strings.Split(path, "/")
	for i := 2; i < len(parts); i++ {
		folder := strings.Join(parts[:i], "/")
		for j := 2; j < len(globs); j++ {
			if doublestar.MatchUnvalidated(strings.Join(globs[:j], "/"), folder) {
				n.parts, n.folder = i-1, folder
			}
		}
	}
	for n.tail < min(len(glob), len(path)) && glob[len(glob)-1-n.tail] == path[len(path)-1-n.tail] {
		n.tail++
	}
	return n
}

func named(views []collect.AgentView, name string) bool {
	for i := range views {
		if views[i].Name == name {
			return true
		}
	}
	return false
}

// selection is whom a selector chooses, in words.
func selection(s *collect.Select) string {
	text := "hosts " + strings.Join(s.Hosts, ", ")
	if len(s.Labels) > 0 {
		text += fmt.Sprintf(" with labels %s", strings.TrimPrefix(fmt.Sprint(s.Labels), "map"))
	}
	return text
}
