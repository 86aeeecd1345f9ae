package dsl

import "fmt"

// Error is a request that cannot be served, with Elasticsearch's type for it.
type Error struct {
	Type   string
	Reason string
}

func (e *Error) Error() string { return e.Type + ": " + e.Reason }

func parsing(format string, args ...any) *Error {
	return &Error{Type: "parsing_exception", Reason: fmt.Sprintf(format, args...)}
}

func illegal(format string, args ...any) *Error {
	return &Error{Type: "illegal_argument_exception", Reason: fmt.Sprintf(format, args...)}
}
