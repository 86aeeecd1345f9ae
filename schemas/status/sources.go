package status

import (
	"encoding/json"
	"fmt"
)

// Listing is one part of an agent's answer to a Request: a
// record of the topic agents.sources, its key the agent's id.
//
// A request is an etcd key (collect.RequestKey) with a lease, written by admin. The
// agent answers once, in as many parts as it takes, none of which is important: whoever
// does not get all of them asks again.
type Listing struct {
	// ID of the agent, and Request, the name of the request that is answered.
	ID      string `json:"id"`
	Request string `json:"request"`
	// Part counts from 0; there are Parts of them, at least one.
	Part    int      `json:"part"`
	Parts   int      `json:"parts"`
	Sources []Source `json:"sources"`
	// Explanation is the answer to a request that asks for one.
	Explanation *Explanation `json:"explanation,omitempty"`
}

// Bounds of an answer.
const (
	// ListingBytes is about how large a part may be.
	ListingBytes = 256 << 10
	// MaxParts bounds the parts of an answer: a million files.
	MaxParts = 1024
)

// EncodeListing cuts an answer into parts and returns their bytes.
func EncodeListing(id, request string, sources []Source) ([][]byte, error) {
	rows := make([]json.RawMessage, len(sources))
	for i := range sources {
		row, err := json.Marshal(&sources[i])
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", sources[i].Path, err)
		}
		rows[i] = row
	}
	cuts := cut(rows)
	parts := make([][]byte, len(cuts))
	for i, c := range cuts {
		part := struct {
			Listing
			Sources []json.RawMessage `json:"sources"`
		}{Listing{ID: id, Request: request, Part: i, Parts: len(cuts)}, c}
		b, err := json.Marshal(&part)
		if err != nil {
			return nil, fmt.Errorf("listing: %w", err)
		}
		parts[i] = b
	}
	return parts, nil
}

// cut divides rows into parts of about ListingBytes; there is at least one, and what
// does not fit into MaxParts is left out.
func cut(rows []json.RawMessage) [][]json.RawMessage {
	parts := [][]json.RawMessage{{}}
	size := 0
	for _, row := range rows {
		if size > 0 && size+len(row) > ListingBytes {
			if len(parts) == MaxParts {
				return parts
			}
			parts, size = append(parts, nil), 0
		}
		last := len(parts) - 1
		parts[last] = append(parts[last], row)
		size += len(row) + 1
	}
	return parts
}

// DecodeListing reads a part. Errors wrap ErrBeat.
func DecodeListing(b []byte) (*Listing, error) {
	var l Listing
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBeat, err)
	}
	if l.ID == "" || l.Request == "" || l.Parts < 1 || l.Parts > MaxParts || l.Part < 0 || l.Part >= l.Parts {
		return nil, fmt.Errorf("%w: part %d of %d of a listing without a name", ErrBeat, l.Part, l.Parts)
	}
	return &l, nil
}
