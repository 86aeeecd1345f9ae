package store

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/schemas/revision"
)

// Condition is what a caller demands of the present state before it is changed.
// The zero Condition demands nothing.
type Condition struct {
	// Absent demands that there is no such collection.
	Absent bool
	// Present demands that there is one, and Revs, when there are any, that it is
	// at one of them.
	Present bool
	Revs    []revision.ID
	// Others demands that it is at none of these.
	Others []revision.ID
}

// ParseCondition reads the headers If-Match and If-None-Match. An entity tag that
// is not a quoted revision matches nothing, and a weak one neither: that is what
// the standard says of changes.
func ParseCondition(ifMatch, ifNoneMatch string) Condition {
	var c Condition
	if strings.TrimSpace(ifNoneMatch) == "*" {
		c.Absent = true
	}
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if rev, ok := parseTag(tag); ok {
			c.Others = append(c.Others, rev)
		}
	}
	ifMatch = strings.TrimSpace(ifMatch)
	if ifMatch == "" {
		return c
	}
	c.Present = true
	if ifMatch == "*" {
		return c
	}
	c.Revs = []revision.ID{} // demands one of none, until one is found
	for tag := range strings.SplitSeq(ifMatch, ",") {
		if rev, ok := parseTag(tag); ok {
			c.Revs = append(c.Revs, rev)
		}
	}
	return c
}

// Tag is the entity tag of a revision.
func Tag(rev revision.ID) string { return `"` + rev.String() + `"` }

// TagMatches reports whether an If-None-Match header names the revision.
func TagMatches(header string, rev revision.ID) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if got, ok := parseTag(tag); tag == "*" || ok && got == rev {
			return true
		}
	}
	return false
}

func parseTag(tag string) (revision.ID, bool) {
	tag = strings.TrimSpace(tag)
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return revision.ID{}, false
	}
	rev, err := revision.Parse(tag[1 : len(tag)-1])
	return rev, err == nil
}

// holds reports whether the condition is met; rev is nil when there is no
// collection.
func (c Condition) holds(rev *revision.ID) bool {
	if rev == nil {
		return !c.Present
	}
	return !c.Absent && !slices.Contains(c.Others, *rev) && (c.Revs == nil || slices.Contains(c.Revs, *rev))
}
