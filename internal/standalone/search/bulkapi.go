package search

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// bulk serves _bulk. The answer is written by hand and filtered as it is written: it is by far the most frequent one.
func (s *Store) bulk(r *http.Request) (int, any, error) {
	start := time.Now()
	select {
	case s.bulks <- struct{}{}:
		defer func() { <-s.bulks }()
	case <-r.Context().Done():
		return 0, nil, r.Context().Err()
	}
	body, err := s.readBody(r)
	if err != nil {
		return 0, nil, err
	}
	actions, err := parseBulk(body, param(r, "index"))
	if err != nil {
		return 0, nil, err
	}
	outcomes, err := s.ingest(r.Context(), actions)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, renderBulk(outcomes, time.Since(start), newPathFilter(r.URL.Query().Get("filter_path"))), nil
}

// itemKeys are the parts of an item's answer, in order.
var itemKeys = [...]string{"_index", "_id", "_version", "result", "_shards", "_seq_no", "_primary_term", "status", "error"}

func renderBulk(outcomes []outcome, took time.Duration, filter *pathFilter) rawJSON {
	failed := false
	for i := range outcomes {
		failed = failed || outcomes[i].err != nil
	}
	b := make([]byte, 0, 64+len(outcomes)*64)
	b = append(b, '{')
	if filter.keeps("errors") {
		b = strconv.AppendBool(append(b, `"errors":`...), failed)
		b = append(b, ',')
	}
	if filter.keeps("took") {
		b = strconv.AppendInt(append(b, `"took":`...), took.Milliseconds(), 10)
		b = append(b, ',')
	}
	kept := map[string][len(itemKeys)]bool{"create": keptKeys(filter, "create"), "index": keptKeys(filter, "index")}
	items := len(b)
	b = append(b, `"items":[`...)
	before := len(b)
	for i := range outcomes {
		o := &outcomes[i]
		if longer := appendItem(b, o, kept[o.kind]); longer != nil {
			b = longer
			b = append(b, ',')
		}
	}
	if len(b) == before {
		return append(trimComma(b[:items]), '}')
	}
	return append(trimComma(b), "]}"...)
}

func keptKeys(filter *pathFilter, kind string) (kept [len(itemKeys)]bool) {
	for i, key := range itemKeys {
		kept[i] = filter.keeps("items", kind, key)
	}
	return kept
}

func trimComma(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] == ',' {
		return b[:len(b)-1]
	}
	return b
}

// appendItem appends {"create": {…}}, or returns nil when nothing of it is kept.
func appendItem(b []byte, o *outcome, kept [len(itemKeys)]bool) []byte {
	b = append(appendQuoted(append(b, '{'), o.kind), ":{"...)
	empty := len(b)
	for i, key := range itemKeys {
		if !kept[i] {
			continue
		}
		if value := o.value(key); value != nil {
			b = append(append(append(appendQuoted(b, key), ':'), value...), ',')
		}
	}
	if len(b) == empty {
		return nil
	}
	return append(trimComma(b), "}}"...)
}

// value is one part of an item's answer as JSON, or nil where it has none.
func (o *outcome) value(key string) []byte {
	switch key {
	case "_index":
		return appendQuoted(nil, o.index)
	case "_id":
		return appendQuoted(nil, o.id)
	case "status":
		return strconv.AppendInt(nil, int64(o.status), 10)
	case "error":
		if o.err == nil {
			return nil
		}
		b, err := json.Marshal(o.err.cause())
		if err != nil { // a map of strings always marshals
			return nil
		}
		return b
	}
	if o.err != nil {
		return nil
	}
	switch key {
	case "_version", "_primary_term":
		return []byte("1")
	case "_seq_no":
		return []byte("0")
	case "_shards":
		return []byte(`{"total":1,"successful":1,"failed":0}`)
	case "result":
		return appendQuoted(nil, o.result)
	}
	return nil
}

func appendQuoted(b []byte, s string) []byte {
	q, err := json.Marshal(s)
	if err != nil { // strings always marshal
		return append(b, `""`...)
	}
	return append(b, q...)
}
