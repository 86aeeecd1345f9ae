package search

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/millrace/millrace/internal/standalone/search/dsl"
	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// apiError is an error in Elasticsearch's words.
type apiError struct {
	Status int
	Type   string
	Reason string

	index, uuid string
}

func (e *apiError) Error() string { return e.Type + ": " + e.Reason }

func newError(status int, kind, reason string) *apiError {
	return &apiError{Status: status, Type: kind, Reason: reason}
}

func indexNotFound(name string) *apiError {
	e := newError(http.StatusNotFound, "index_not_found_exception", fmt.Sprintf("no such index [%s]", name))
	e.index, e.uuid = name, "_na_"
	return e
}

// toAPI finds the answer for any error. What is not the client's fault is a 500, or a 503 where trying again helps.
func (s *Store) toAPI(err error) *apiError {
	var api *apiError
	var query *dsl.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &api):
		return api
	case errors.As(err, &query):
		return newError(http.StatusBadRequest, query.Type, query.Reason)
	case errors.As(err, &tooLarge):
		return newError(http.StatusRequestEntityTooLarge, "content_too_long_exception", fmt.Sprintf("the body has more than %d bytes", tooLarge.Limit))
	case errors.Is(err, volume.ErrBudget):
		return newError(http.StatusBadRequest, "illegal_argument_exception", fmt.Sprintf(
			"the query filters on what is not indexed here, and would have to read more than %d documents; narrow the time range or add a filter", s.opts.MaxScan))
	case errors.Is(err, ErrClosed), errors.Is(err, volume.ErrClosed):
		return newError(http.StatusServiceUnavailable, "node_closed_exception", "the search store is closing")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return newError(http.StatusServiceUnavailable, "task_cancelled_exception", "the request was given up")
	}
	s.opts.Logger.Error("a request failed", "error", err)
	return newError(http.StatusInternalServerError, "exception", err.Error())
}

// cause is the error as it stands in an answer.
func (e *apiError) cause() map[string]any {
	m := map[string]any{"type": e.Type, "reason": e.Reason}
	if e.index != "" {
		m["index"], m["index_uuid"] = e.index, e.uuid
	}
	if e.Type == "index_not_found_exception" {
		m["resource.type"], m["resource.id"] = "index_or_alias", e.index
	}
	return m
}

func (e *apiError) body() map[string]any {
	m := e.cause()
	m["root_cause"] = []any{e.cause()}
	return map[string]any{"error": m, "status": e.Status}
}
