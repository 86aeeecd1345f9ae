package collect

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/millrace/millrace/schemas/revision"
)

// ErrHead and ErrView are returned for stored values that cannot be read.
var (
	ErrHead = errors.New("not the head of a collection")
	ErrView = errors.New("not an agent's view of a collection")
)

// Head is the newest version of a collection, as etcd holds it.
type Head struct {
	Rev revision.ID `json:"rev"`
	// Config is the canonical config.
	Config json.RawMessage `json:"config"`
}

// DecodeHead reads a Head. Errors wrap ErrHead.
func DecodeHead(b []byte) (*Head, error) {
	var h Head
	if err := json.Unmarshal(b, &h); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHead, err)
	}
	if h.Rev.IsZero() || len(h.Config) == 0 {
		return nil, fmt.Errorf("%w: no revision or no config", ErrHead)
	}
	return &h, nil
}

// DecodeAgentView reads an AgentView. Unknown fields are ignored, so old agents
// follow new servers. Errors wrap ErrView.
func DecodeAgentView(b []byte) (*AgentView, error) {
	var v AgentView
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrView, err)
	}
	if CheckName(v.Name) != nil || v.Rev.IsZero() {
		return nil, fmt.Errorf("%w: no name or no revision", ErrView)
	}
	return &v, nil
}
