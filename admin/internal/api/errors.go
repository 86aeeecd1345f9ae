package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/admin/internal/find"
	"github.com/millrace/millrace/admin/internal/live"
	"github.com/millrace/millrace/admin/internal/store"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/problem"
	"github.com/millrace/millrace/internal/table"
)

// fail says what an error means to the client. What is our own failure goes to the
// log and not to the client.
func (a *api) fail(err error) error {
	var invalid *store.InvalidError
	switch {
	case errors.As(err, &invalid):
		return invalidConfig(invalid)
	case len(paramErrors(err)) > 0:
		return badRequest(paramErrors(err))
	case errors.Is(err, store.ErrNotFound):
		return problem.New(http.StatusNotFound, err.Error())
	case errors.Is(err, store.ErrStale):
		return problem.New(http.StatusPreconditionFailed, err.Error()+"; read it again and decide anew. Nothing was changed")
	case errors.Is(err, store.ErrBroken):
		return problem.New(http.StatusInternalServerError, err.Error()+"; put it anew, or delete it")
	case errors.Is(err, kafka.ErrMismatch):
		return problem.New(http.StatusConflict, err.Error()+". Nothing was changed")
	case errors.Is(err, live.ErrFull):
		return problem.New(http.StatusTooManyRequests, fmt.Sprintf("%v: %d are open; close one", err, live.MaxTails))
	case errors.Is(err, live.ErrEnded), errors.Is(err, store.ErrUnavailable), errors.Is(err, find.ErrUnavailable), errors.Is(err, table.ErrNotReady):
		return problem.New(http.StatusServiceUnavailable, err.Error())
	case errors.Is(err, context.Canceled):
		return problem.New(http.StatusServiceUnavailable, "the request was given up")
	}
	a.Log.Error("a request failed", "error", err)
	return problem.New(http.StatusInternalServerError, "the server failed; its log says how")
}

func invalidConfig(e *store.InvalidError) error {
	details := make([]*huma.ErrorDetail, len(e.Problems))
	for i, p := range e.Problems {
		details[i] = &huma.ErrorDetail{Location: p.Path, Message: p.Message}
	}
	return problem.New(http.StatusUnprocessableEntity, fmt.Sprintf("the collection is not valid (%s). Nothing was changed", count(len(details), "problem")), details...)
}

func badRequest(params []*find.ParamError) error {
	details := make([]*huma.ErrorDetail, len(params))
	for i, p := range params {
		details[i] = &huma.ErrorDetail{Location: "query." + p.Param, Message: p.Message}
		if p.Column > 0 {
			details[i].Message = fmt.Sprintf("column %d: %s", p.Column, p.Message)
			details[i].Value = column{p.Column}
		}
	}
	return problem.New(http.StatusUnprocessableEntity, "the search cannot be understood", details...)
}

// column is where a query text goes wrong, for those who show it.
type column struct {
	Column int `json:"column"`
}

// paramErrors are all wrong parameters of a joined error.
func paramErrors(err error) []*find.ParamError {
	if bad, ok := err.(*find.ParamError); ok { //nolint:errorlint // the tree is walked here
		return []*find.ParamError{bad}
	}
	var all []*find.ParamError
	switch e := err.(type) { //nolint:errorlint // the tree is walked here
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			all = append(all, paramErrors(one)...)
		}
	case interface{ Unwrap() error }:
		return paramErrors(e.Unwrap())
	}
	return all
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}
