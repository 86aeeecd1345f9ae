package dsl

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/millrace/millrace/internal/document"
)

// Tie-breakers: what orders hits of one millisecond.
const (
	TieNone   = ""
	TieID     = "_id"
	TieOffset = "log.offset"
)

// Sort is the order of hits: by @timestamp, then by the tie-breaker, then always by _id and _index, so that the order is
// total. The zero value is newest first.
type Sort struct {
	Ascending bool
	Tie       string
	// TieDescending turns the tie-breaker, and _id behind it, round.
	TieDescending bool
	// Values says whether hits bear sort values, which is when the request asked for an order; Number is how many.
	Values int
	// After is the cursor: hits strictly behind it are returned.
	After *Cursor

	keys []string
}

// Cursor is the sort values of the last hit of a page.
type Cursor struct {
	Time int64
	// Tie is the value of the tie-breaker, when the cursor has one.
	HasTie bool
	ID     string
	Offset int64
	texts  []string
}

// parse reads "field", {"field": "desc"}, {"field": {"order": "desc"}} or a list of these.
func (s *Sort) parse(raw json.RawMessage) error {
	raw = bytes.TrimSpace(raw)
	items := []json.RawMessage{raw}
	if len(raw) > 0 && raw[0] == '[' {
		items = nil
		if err := json.Unmarshal(raw, &items); err != nil {
			return parsing("[sort] must be a list")
		}
	}
	for _, item := range items {
		if err := s.key(item); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sort) key(raw json.RawMessage) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] != '{' {
		name, err := scalar(raw, "sort")
		if err != nil {
			return err
		}
		return s.add(name, name == "_score")
	}
	o, err := toObject(raw, "sort")
	if err != nil {
		return err
	}
	if len(o) != 1 {
		return parsing("[sort] objects must name one field")
	}
	for name, body := range o {
		order, err := sortOrder(body)
		if err != nil {
			return err
		}
		if order != "asc" && order != "desc" {
			return parsing("[sort] order must be asc or desc, not [%s]", order)
		}
		return s.add(name, order == "desc")
	}
	return nil
}

func sortOrder(body json.RawMessage) (string, error) {
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] != '{' {
		return scalar(body, "sort")
	}
	o, err := toObject(body, "sort")
	if err == nil {
		err = o.only("sort", "order", "format", "unmapped_type", "numeric_type", "missing")
	}
	if err != nil || o["order"] == nil {
		return "asc", err
	}
	return scalar(o["order"], "sort")
}

// add appends a sort key. The order of a volume is by time, so time must come first.
func (s *Sort) add(name string, descending bool) error {
	switch {
	case len(s.keys) == 0 && name == document.TimeField:
		s.Ascending = !descending
	case len(s.keys) == 1 && (name == TieID || name == TieOffset):
		s.Tie, s.TieDescending = name, descending
	default:
		return illegal("cannot sort by [%s] here: this store sorts by @timestamp first and then by _id or log.offset", name)
	}
	s.keys = append(s.keys, name)
	s.Values = len(s.keys)
	return nil
}

func after(raw json.RawMessage) (*Cursor, error) {
	texts, err := scalars(raw, "search_after")
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, illegal("[search_after] needs the sort values of a hit")
	}
	return &Cursor{texts: texts}, nil
}

// check reads the cursor's values by the sort keys.
func (s *Sort) check() error {
	c := s.After
	if c == nil {
		return nil
	}
	if len(s.keys) == 0 {
		return illegal("Sort must contain at least one field when using [search_after]")
	}
	if len(c.texts) != len(s.keys) {
		return illegal("search_after has %d value(s) but sort has %d.", len(c.texts), len(s.keys))
	}
	ms, ok := document.ParseTime(c.texts[0])
	if n, err := strconv.ParseInt(c.texts[0], 10, 64); err == nil {
		ms, ok = n, true
	}
	if !ok {
		return illegal("Failed to parse search_after value [%s] for field [%s]", c.texts[0], document.TimeField)
	}
	c.Time = ms
	if len(s.keys) == 1 {
		return nil
	}
	c.HasTie = true
	if s.Tie == TieID {
		c.ID = c.texts[1]
		return nil
	}
	n, err := strconv.ParseInt(c.texts[1], 10, 64)
	if err != nil {
		return illegal("Failed to parse search_after value [%s] for field [%s]", c.texts[1], s.Tie)
	}
	c.Offset = n
	return nil
}
