// Package find asks the search store for events: a page of hits, newest first, with
// counts over time and by app, host and level.
//
// It speaks the part of Elasticsearch's REST API that the embedded store has too,
// and sends both the same. It keeps nothing: a cursor carries all that the next page
// needs. A page goes on strictly behind the page before, so what arrives meanwhile
// is neither skipped nor shown twice.
package find

import (
	"errors"
	"fmt"
)

// ErrUnavailable is wrapped when the search store does not answer, or not well.
var ErrUnavailable = errors.New("the search store is unavailable")

// ParamError is the error of a parameter that cannot be understood.
type ParamError struct {
	Param   string
	Message string
	// Column is where a query text goes wrong, counted from 1; 0 elsewhere.
	Column int
}

// Error implements error.
func (e *ParamError) Error() string {
	if e.Column > 0 {
		return fmt.Sprintf("%s: column %d: %s", e.Param, e.Column, e.Message)
	}
	return e.Param + ": " + e.Message
}
