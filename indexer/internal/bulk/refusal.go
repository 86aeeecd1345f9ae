package bulk

import "net/http"

// Refusal is why documents are not taken for now: they are sent again later.
type Refusal struct {
	Cause string // one of WaitCauses
	Text  string // in the store's words
}

// Causes of refusals, fit for a metric's label.
const (
	WaitBlocked     = "blocked"     // somebody, or a full disk, keeps the index from being written to
	WaitUnavailable = "unavailable" // its shards are away
	WaitMissing     = "missing"     // it is not there and cannot be made
	WaitOverload    = "overload"    // whoever holds it has had too much to do for long
	WaitError       = "error"       // anything else
)

// WaitCauses are all causes.
var WaitCauses = []string{WaitBlocked, WaitUnavailable, WaitMissing, WaitOverload, WaitError}

// Whole reports whether the index takes nothing at all, so that there is no use in asking
// for each document; where shards are away each question costs seconds, too. Otherwise it may
// be the document.
func (f Refusal) Whole() bool {
	return f.Cause == WaitBlocked || f.Cause == WaitUnavailable || f.Cause == WaitMissing
}

// Refusal is what a Result means that is no verdict.
func (r *Result) Refusal() Refusal {
	f := Refusal{Cause: WaitError, Text: r.Cause()}
	switch {
	case r.Type == blockType || PutAway(r.Type, r.Reason) || r.Status == http.StatusForbidden || r.Status == http.StatusUnauthorized:
		f.Cause = WaitBlocked
	case r.Status == http.StatusServiceUnavailable:
		f.Cause = WaitUnavailable
	case r.Status == http.StatusNotFound:
		f.Cause = WaitMissing
	case r.Status == http.StatusTooManyRequests:
		f.Cause = WaitOverload
	}
	return f
}
