package collect

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/millrace/millrace/schemas/revision"
)

// Prefixes of the etcd keys. One transaction writes all keys of a change.
const (
	// KeyRoot begins every key of Millrace.
	KeyRoot = "/millrace/"
	// KeyHeads holds the newest config of each collection: a Head, by name.
	KeyHeads = KeyRoot + "collections/"
	// KeyRevisions holds the canonical config of every revision ever
	// published, by revision. Such a key is written once and never changed.
	KeyRevisions = KeyRoot + "revisions/"
	// KeyAgent begins all that agents may read.
	KeyAgent = KeyRoot + "agent/"
	// KeyAgentCollections holds an AgentView of each collection, by name.
	KeyAgentCollections = KeyAgent + "collections/"
	// KeyAgentRequests holds requests for all sources of one agent, by agent and name
	// of the request. They have a lease and no value; admin writes them, and the agent
	// answers with status.Listings.
	KeyAgentRequests = KeyAgent + "requests/"
)

// MaxName is the length of the longest collection name.
const MaxName = 63

// ErrName is returned by CheckName.
var ErrName = errors.New("collection name must be 1 to 63 characters of a-z, 0-9, '-', '_' and '.', and begin with a letter or digit")

var errInput = errors.New("an input's name must be 1 to 63 characters of a-z, 0-9, '-', '_' and '.', and begin with a letter or digit")

// CheckName reports whether name can name a collection. The error wraps ErrName.
func CheckName(name string) error {
	if len(name) == 0 || len(name) > MaxName || strings.IndexByte("-_.", name[0]) >= 0 {
		return fmt.Errorf("%w: %q", ErrName, name)
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return fmt.Errorf("%w: %q", ErrName, name)
		}
	}
	return nil
}

// CheckInput reports whether name can name an input of a host.
func CheckInput(name string) error {
	if err := CheckName(name); err != nil {
		return fmt.Errorf("%w: %q", errInput, name)
	}
	return nil
}

// HeadKey is the key of a collection's Head.
func HeadKey(name string) string { return KeyHeads + name }

// RevisionKey is the key of a revision's canonical config.
func RevisionKey(rev revision.ID) string { return KeyRevisions + rev.String() }

// RequestsOf is the prefix of the requests to an agent. An id may hold any character.
func RequestsOf(agent string) string { return KeyAgentRequests + url.PathEscape(agent) + "/" }

// RequestKey is the key of a request to an agent.
func RequestKey(agent, request string) string { return RequestsOf(agent) + request }

// AgentKey is the key of a collection's AgentView.
func AgentKey(name string) string { return KeyAgentCollections + name }
