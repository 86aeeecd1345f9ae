package status

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Request is the value of a request key (collect.RequestKey). The zero request, and an
// empty value, ask for all sources. An agent that is older than a kind of request answers
// with all sources.
type Request struct {
	// Explain is the path of which to tell why it is or is not collected.
	Explain string `json:"explain,omitempty"`
	// Collection is the collection that the path is expected to belong to; empty: any.
	Collection string `json:"collection,omitempty"`
}

// EncodeRequest returns the request's bytes.
func EncodeRequest(r Request) ([]byte, error) {
	if r == (Request{}) {
		return nil, nil
	}
	return json.Marshal(r)
}

// DecodeRequest reads a request. Errors wrap ErrBeat.
func DecodeRequest(b []byte) (Request, error) {
	var r Request
	if len(bytes.TrimSpace(b)) == 0 {
		return r, nil
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("%w: request: %w", ErrBeat, err)
	}
	return r, nil
}

// Verdict is why a path is or is not collected, in one word.
type Verdict string

// The verdicts, in the order in which they are looked for.
const (
	// NoCollection: no collection selects the host.
	NoCollection Verdict = "no_collection"
	// NotSelected: a collection takes the path, but does not select the host.
	NotSelected Verdict = "not_selected"
	// NoMatch: no glob takes the path.
	NoMatch Verdict = "no_match"
	// Excluded: a glob takes the path and an exclude leaves it out.
	Excluded Verdict = "excluded"
	// OtherCollection: a collection that goes first takes it from the one expected.
	OtherCollection Verdict = "other_collection"
	// NotAllowed: the agent's own allow_paths do not cover it.
	NotAllowed Verdict = "not_allowed"
	// NoFile: nothing is there.
	NoFile Verdict = "no_file"
	// NotRegular: a folder, a device, a socket or a pipe is there.
	NotRegular Verdict = "not_regular"
	// NoPermission: the agent's user may not read it.
	NoPermission Verdict = "no_permission"
	// Compressed: it is compressed, and compressed files are left out.
	Compressed Verdict = "compressed"
	// TooOld: it was last written longer ago than ignore_older.
	TooOld Verdict = "too_old"
	// Empty: there is nothing in it yet.
	Empty Verdict = "empty"
	// NotSeen: the agent has yet to come across it.
	NotSeen Verdict = "not_seen"
	// Unreadable: reading it fails for another reason.
	Unreadable Verdict = "unreadable"
	// KafkaDown: it is held back because Kafka takes no records.
	KafkaDown Verdict = "kafka_down"
	// HeldBack: it may be a copy that copytruncate made, and waits until that is known.
	HeldBack Verdict = "held_back"
	// Limited: lines of it are skipped because its collection has reached its limits.
	Limited Verdict = "limited"
	// NoLine: it holds no complete line, or event, yet.
	NoLine Verdict = "no_line"
	// Collected: it is.
	Collected Verdict = "collected"
)

// Explanation is why a path is or is not collected.
type Explanation struct {
	Path    string  `json:"path"`
	Verdict Verdict `json:"verdict"`
	// Text is the verdict as a sentence, with what it rests on.
	Text string `json:"text"`
	// Real is the path without symlinks, where it differs.
	Real string `json:"real,omitempty"`
	// Collection and Glob take the path, or come nearest to it.
	Collection string `json:"collection,omitempty"`
	Glob       string `json:"glob,omitempty"`
	// Source is how far the file was read, where it was met.
	Source *Source `json:"source,omitempty"`
	// Revision is the etcd revision of the configuration that was asked, At the time.
	Revision int64     `json:"revision"`
	At       time.Time `json:"at"`
}

// EncodeExplanation returns the bytes of an answer to a request of that kind: a listing
// of one part.
func EncodeExplanation(id, request string, e *Explanation) ([]byte, error) {
	b, err := json.Marshal(&Listing{ID: id, Request: request, Parts: 1, Sources: []Source{}, Explanation: e})
	if err != nil {
		return nil, fmt.Errorf("explanation: %w", err)
	}
	return b, nil
}
