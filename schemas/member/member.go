// Package member is the contract of the roster: under which etcd keys the processes of
// the server roles say that they are there, and which of them leads a duty.
//
// A member's key and its candidacies have one lease, so they go together seconds after
// its process has died. Agents are no members: they only read etcd, and tell of
// themselves in beats.
package member

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/schemas/collect"
)

const (
	// KeyMembers holds a Member of each process, by role and id.
	KeyMembers = collect.KeyRoot + "members/"
	// KeyLeaders holds the candidates of each duty; the oldest key leads.
	KeyLeaders = collect.KeyRoot + "leaders/"
	// Lease is how long after its last sign of life a process counts as there.
	Lease = 10 * time.Second
)

// Duties that must be done by one process at a time.
const (
	// Topics is making the system's topics; of admins.
	Topics = "topics"
	// Upkeep is installing the index template and deleting expired indices; of indexers.
	Upkeep = "upkeep"
)

// ErrMember is returned by Decode.
var ErrMember = errors.New("not a member")

// Member is one process of a server role.
type Member struct {
	Role string `json:"role"` // processor, indexer or admin
	// ID is drawn at random when the process starts.
	ID      string    `json:"id"`
	Host    string    `json:"host"`
	Version string    `json:"version"`
	Metrics string    `json:"metrics,omitempty"` // host:port of its /metrics; empty where it serves none
	Since   time.Time `json:"since"`
}

// Key is the key of the member.
func (m *Member) Key() string { return KeyMembers + m.Role + "/" + m.ID }

// LeadersOf is the prefix of a duty's candidates.
func LeadersOf(duty string) string { return KeyLeaders + duty }

// DutyOf is the duty that a candidate's key is for.
func DutyOf(key string) string {
	duty, _, _ := strings.Cut(strings.TrimPrefix(key, KeyLeaders), "/")
	return duty
}

// Encode returns the member's bytes.
func Encode(m *Member) ([]byte, error) { return json.Marshal(m) }

// Decode reads a member. Unknown fields are ignored. Errors wrap ErrMember.
func Decode(text []byte) (*Member, error) {
	var m Member
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMember, err)
	}
	if m.Role == "" || m.ID == "" {
		return nil, fmt.Errorf("%w: it has no role or no id", ErrMember)
	}
	return &m, nil
}
