package bulk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// FilterPath is what we ask the store to answer: enough to settle each document.
var FilterPath = []string{
	"errors", "items.*.status", "items.*.failure_store",
	"items.*.error.type", "items.*.error.reason", "items.*.error.caused_by.reason",
}

// ErrAnswer is wrapped by what ReadAnswer returns for an answer that cannot be
// matched with the request: nothing is known of any document.
var ErrAnswer = errors.New("bulk answer cannot be read")

// Result is the store's answer for one document.
type Result struct {
	Status int
	// Type and Reason say what is wrong, empty for a success.
	Type, Reason string
	// Diverted: the store put the document aside in a failure store.
	Diverted bool
}

// noErrors begins the answer of every store that has taken all documents.
var noErrors = []byte(`{"errors":false`)

// itemStatus is in each item of such an answer once, for we ask for nothing else that holds it.
var itemStatus = []byte(`"status":`)

// ReadAnswer reads the answer to a bulk request of docs documents. It returns nil
// when every document was created, otherwise one Result for each document in the
// order of the request. Errors wrap ErrAnswer.
func ReadAnswer(b []byte, docs int) ([]Result, error) {
	if bytes.HasPrefix(b, noErrors) && !bytes.Contains(b, []byte(`"failure_store"`)) {
		if n := bytes.Count(b, itemStatus); n > 0 && n != docs {
			return nil, fmt.Errorf("%w: %d items for %d documents", ErrAnswer, n, docs)
		}
		return nil, nil
	}
	var answer struct {
		Errors *bool                     `json:"errors"`
		Items  []map[string]answeredItem `json:"items"`
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if answer.Errors == nil {
		return nil, fmt.Errorf("%w: it does not say whether there are errors", ErrAnswer)
	}
	if !*answer.Errors && len(answer.Items) == 0 {
		return nil, nil
	}
	if len(answer.Items) != docs {
		return nil, fmt.Errorf("%w: %d items for %d documents", ErrAnswer, len(answer.Items), docs)
	}
	results := make([]Result, docs)
	for i, item := range answer.Items {
		if len(item) != 1 {
			return nil, fmt.Errorf("%w: item %d has %d actions", ErrAnswer, i, len(item))
		}
		for _, a := range item {
			results[i] = a.result()
		}
	}
	return results, nil
}

type answeredItem struct {
	Status       int    `json:"status"`
	FailureStore string `json:"failure_store"`
	Error        *struct {
		Type     string `json:"type"`
		Reason   string `json:"reason"`
		CausedBy *struct {
			Reason string `json:"reason"`
		} `json:"caused_by"`
	} `json:"error"`
}

func (a *answeredItem) result() Result {
	r := Result{Status: a.Status, Diverted: a.FailureStore == "used"}
	if a.Error == nil {
		return r
	}
	r.Type, r.Reason = a.Error.Type, a.Error.Reason
	if a.Error.CausedBy != nil && a.Error.CausedBy.Reason != "" {
		r.Reason += ": " + a.Error.CausedBy.Reason
	}
	return r
}

// Verdict is what a Result means for its event.
type Verdict int

// The verdicts.
const (
	Created    Verdict = iota // it is in the index now
	Duplicate                 // it was there already
	Overloaded                // the store has too much to do
	Again                     // its index could not now
	NoIndex                   // its index is missing
	Misfit                    // it does not fit the index: repair or put aside
	Blocked                   // somebody has closed its index, or blocked it for writing
	Refused                   // it will never be taken
)

// Verdict judges a Result. What is not known is Again: waiting loses nothing.
func (r *Result) Verdict() Verdict {
	switch {
	case r.Diverted:
		return Refused
	case r.Status/100 == 2:
		return Created
	case r.Status == http.StatusConflict:
		return Duplicate
	case r.Status == http.StatusNotFound:
		return NoIndex
	case PutAway(r.Type, r.Reason):
		return Blocked
	case r.Status == http.StatusBadRequest:
		return Misfit
	case r.Status == http.StatusRequestEntityTooLarge || r.Status == http.StatusUnprocessableEntity:
		return Refused
	case r.Status == http.StatusTooManyRequests && r.Type != blockType:
		return Overloaded
	}
	return Again
}

const blockType = "cluster_block_exception"

// blocks are those that an operator, or a policy, puts on one index: closed, read-only, no
// writing. Others, such as that of a full disk, are the store's own and end by themselves.
var blocks = []string{"FORBIDDEN/4/", "FORBIDDEN/5/", "FORBIDDEN/8/"}

// PutAway reports whether an error of the store, by its type and reason, says that an index
// is blocked so.
func PutAway(kind, reason string) bool {
	switch kind {
	case "index_closed_exception":
		return true
	case blockType:
		return slices.ContainsFunc(blocks, func(id string) bool { return strings.Contains(reason, id) })
	}
	return false
}

// Cause is the Result as text for a dead letter.
func (r *Result) Cause() string {
	if r.Diverted {
		return "the store put the document into its failure store"
	}
	return fmt.Sprintf("%d %s: %s", r.Status, r.Type, r.Reason)
}

// ReasonOf is the metric label of a document that is put aside.
func (r *Result) ReasonOf() string {
	switch {
	case r.Diverted:
		return ReasonDiverted
	case PutAway(r.Type, r.Reason):
		return ReasonBlocked
	case r.Status == http.StatusBadRequest:
		return ReasonMapping
	case r.Status == http.StatusRequestEntityTooLarge:
		return ReasonTooLarge
	}
	return ReasonRefused
}
