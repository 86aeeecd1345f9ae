package elastic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Class says what a failed request means.
type Class int

// The classes. What is not known is Retry: waiting loses nothing.
const (
	// Retry: the store cannot now, or does not let us until an operator acts; the
	// same request may succeed later.
	Retry Class = iota
	// Permanent: this request will never be taken.
	Permanent
	// ShuttingDown: we ended the request ourselves; the store said nothing.
	ShuttingDown
)

// Error is what the store answered instead of doing what it was asked to.
type Error struct {
	Status int
	Type   string // the store's name for the failure, may be empty
	Reason string // for people, may be empty
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("search store answered %d %s", e.Status, http.StatusText(e.Status))
	if e.Type != "" {
		text += ": " + e.Type
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// maxErrorBody bounds how much of an error's body is read.
const maxErrorBody = 64 << 10

// Check returns nil for a 2xx answer and an *Error for any other. It leaves the
// body of a good answer unread and closes it in neither case.
func Check(res *esapi.Response) error {
	if res.StatusCode/100 == 2 {
		return nil
	}
	e := &Error{Status: res.StatusCode}
	if res.Body == nil {
		return e
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	if err != nil {
		return e
	}
	var body struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(b, &body) != nil {
		return e
	}
	var detail struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
	}
	if json.Unmarshal(body.Error, &detail) == nil {
		e.Type, e.Reason = detail.Type, detail.Reason
	} else {
		_ = json.Unmarshal(body.Error, &e.Reason) // old and small servers say it in one text
	}
	return e
}

// Classify says what an error of a client's request, or of Check, means.
func Classify(err error) Class {
	var e *Error
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, elastictransport.ErrClosed):
		return ShuttingDown
	case !errors.As(err, &e):
		return Retry // no answer: refused, reset, timed out
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout,
		http.StatusTooManyRequests, http.StatusProxyAuthRequired:
		return Retry
	}
	if e.Status/100 == 4 {
		return Permanent
	}
	return Retry
}
