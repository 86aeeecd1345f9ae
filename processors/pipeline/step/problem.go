package step

import (
	"fmt"
	"slices"
)

// Problem is one thing wrong with a config, at a key path such as "pipeline[0].grok.patterns[1]".
//
//nolint:errname // a problem is a finding about a config, an error only for those who want one
type Problem struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

// Error makes a Problem usable as an error.
func (p Problem) Error() string { return p.Path + ": " + p.Message }

// Unknown says that a name is none of the known ones, and names the closest.
func Unknown(what, name string, known []string) string {
	best, distance := "", max(1, len(name)/3)+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := editDistance(name, k); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return fmt.Sprintf("unknown %s %q; known: %s", what, name, join(known))
	}
	return fmt.Sprintf("unknown %s %q; did you mean %q?", what, name, best)
}

func join(names []string) (out string) {
	for i, n := range slices.Sorted(slices.Values(names)) {
		if i > 0 {
			out += ", "
		}
		out += n
	}
	return out
}

// editDistance counts the letters to add, remove, replace or swap with their neighbour between two words.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		older, prev, row := rows[(i+2)%3], rows[i%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
	}
	return rows[(len(a)+1)%3][len(b)]
}
