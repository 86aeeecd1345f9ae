// Package problem writes errors as application/problem+json (RFC 9457), in the shape
// that all of the API uses. It keeps nothing.
package problem

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// New makes a problem with a sentence for people and what is wrong where.
func New(status int, detail string, errors ...*huma.ErrorDetail) *huma.ErrorModel {
	return &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail, Errors: errors}
}

// Write answers a request with a problem.
func Write(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(New(status, detail)) // the client has gone; nobody is left to tell
}
