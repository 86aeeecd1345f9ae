package collect

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Covers reports whether the selector chooses a host with these labels.
func (s *Select) Covers(host string, labels map[string]string) bool {
	return s.CoversHost(host) && s.coversLabels(labels)
}

// CoversHost reports whether one of Hosts matches the name. It is what can be
// checked of a raw record, which does not carry the labels.
func (s *Select) CoversHost(host string) bool {
	if len(s.Hosts) == 0 {
		return true
	}
	for _, glob := range s.Hosts {
		if glob == "*" {
			return true
		}
		if ok, err := path.Match(glob, host); err == nil && ok {
			return true
		}
	}
	return false
}

func (s *Select) coversLabels(labels map[string]string) bool {
	for name, glob := range s.Labels {
		value, ok := labels[name]
		if !ok {
			return false
		}
		if match, err := path.Match(glob, value); err != nil || !match {
			return false
		}
	}
	return true
}

// Matches reports whether a file belongs to the collection, and by which glob.
func (v *AgentView) Matches(file string) (glob string, ok bool) {
	for _, glob := range v.Paths {
		if doublestar.MatchUnvalidated(glob, file) {
			_, excluded := v.Excludes(file)
			return glob, !excluded
		}
	}
	return "", false
}

// Excludes reports whether a file is left out whatever Paths say, and by which glob.
func (v *AgentView) Excludes(file string) (glob string, ok bool) {
	for _, glob := range v.Exclude {
		name := file
		if !strings.HasPrefix(glob, "/") {
			name = path.Base(file)
		}
		if doublestar.MatchUnvalidated(glob, name) {
			return glob, true
		}
	}
	return "", false
}

// LiteralPrefix is the part of a glob before its first special character.
func LiteralPrefix(glob string) string {
	if i := strings.IndexAny(glob, `*?[{\`); i >= 0 {
		return glob[:i]
	}
	return glob
}

// validHostGlob reports whether path.Match understands the glob.
func validHostGlob(glob string) bool {
	_, err := path.Match(glob, "")
	return glob != "" && err == nil
}

// didYouMean suggests the closest of some names, as the tail of a sentence.
func didYouMean(word string, names []string) string {
	best, distance := "", 3
	for _, name := range names {
		if d := editDistance(word, name); d < distance {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// editDistance is Levenshtein's distance of two short words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
