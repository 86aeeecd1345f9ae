package dsl

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/millrace/millrace/internal/document"
)

// scalar reads a string, number or boolean as text; numbers in canonical form.
func scalar(raw json.RawMessage, what string) (string, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return "", parsing("[%s] needs a value", what)
	}
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", parsing("[%s] has a broken string", what)
		}
		return s, nil
	case '{', '[':
		return "", parsing("[%s] needs a string, a number or a boolean", what)
	case 't', 'f':
		return string(raw), nil
	}
	return document.Canonical(string(raw)), nil
}

// scalars reads an array of scalars, or one of them.
func scalars(raw json.RawMessage, what string) ([]string, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		v, err := scalar(raw, what)
		return []string{v}, err
	}
	if len(items) > maxTerms {
		return nil, illegal("[%s] has %d values; at most %d are allowed", what, len(items), maxTerms)
	}
	values := make([]string, len(items))
	for i, item := range items {
		v, err := scalar(item, what)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// integer reads a whole number, in quotes or not.
func integer(raw json.RawMessage, what string) (int, error) {
	s, err := scalar(raw, what)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, illegal("[%s] must be a whole number, not [%s]", what, s)
	}
	return n, nil
}

func boolean(raw json.RawMessage, what string) (bool, error) {
	s, err := scalar(raw, what)
	if err != nil {
		return false, err
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, illegal("[%s] must be true or false, not [%s]", what, s)
	}
	return b, nil
}
