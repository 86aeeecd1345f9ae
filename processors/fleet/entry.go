package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/schemas/status"
)

// CloneFor is how long an agent counts as a clone after two starts of it were
// last seen to take turns.
const CloneFor = time.Minute

// Entry is a value of the table.
type Entry struct {
	status.Agent
	// Clone is set while two agents beat under this id: somebody copied a host
	// with its state folder.
	Clone bool `json:"clone,omitempty"`
	// Memory is for this package only.
	Memory Memory `json:"fleet"`
}

// Memory is what fleet remembers of an agent besides its newest beat.
type Memory struct {
	// Offset of the record that the beat came in.
	Offset int64 `json:"offset"`
	// Previous is the nonce that was heard before the present one; 0 is none.
	Previous uint64 `json:"previous,string,omitempty"`
	// Turned is when a nonce came back that had been replaced.
	Turned time.Time `json:"turned,omitzero"`
}

// Decode reads a value of the table.
func Decode(b []byte) (*Entry, error) {
	beat, err := status.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	// A beat may have fields of these names, of whatever type: the last counts.
	var last struct{ Clone, Fleet json.RawMessage }
	e := &Entry{Agent: *beat}
	err = errors.Join(json.Unmarshal(b, &last), json.Unmarshal(last.Clone, &e.Clone), json.Unmarshal(last.Fleet, &e.Memory))
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	return e, nil
}

// extra are the fields that are added to a beat. They come last, and so win over
// fields of the same name that a beat may have.
type extra struct {
	Clone  bool      `json:"clone"`
	Heard  time.Time `json:"heard"`
	Memory Memory    `json:"fleet"`
}

var errNoObject = errors.New("fleet: the beat is not a JSON object")

// join adds the fields to a beat, whose own bytes stay as they are.
func join(beat []byte, x extra) ([]byte, error) {
	body, ok := bytes.CutSuffix(bytes.TrimSpace(beat), []byte{'}'})
	if !ok {
		return nil, errNoObject
	}
	tail, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	out := make([]byte, 0, len(body)+len(tail)+1)
	out = append(append(out, bytes.TrimSpace(body)...), ',')
	return append(out, tail[1:]...), nil
}

// follow is what the table holds after a beat: the value before it (nil for none,
// or for one that cannot be read), and the beat with its bytes, its offset and the time.
func follow(stored []byte, beat *status.Agent, raw []byte, offset int64, now time.Time) ([]byte, error) {
	held, err := Decode(stored)
	if err != nil {
		return join(raw, extra{Heard: now, Memory: Memory{Offset: offset}})
	}
	if stale(held, beat, offset) {
		return stored, nil
	}
	x := extra{Heard: now, Memory: held.Memory}
	x.Memory.Offset = offset
	if beat.Nonce != held.Nonce {
		if beat.Nonce == held.Memory.Previous {
			x.Memory.Turned = beat.At
		}
		x.Memory.Previous = held.Nonce
	}
	x.Clone = !x.Memory.Turned.IsZero() && beat.At.Sub(x.Memory.Turned) < CloneFor
	return join(raw, x)
}

// late is how much later than the next one a beat may come. What seems older than that
// was made by a clock that was set back meanwhile.
const late = time.Minute

// stale reports whether a beat is older than the one held. Offsets tell a record
// that is delivered again; a topic that was made again begins them anew, but its
// beats are younger.
func stale(held *Entry, beat *status.Agent, offset int64) bool {
	older := beat.At.Before(held.At)
	if beat.Nonce == held.Nonce {
		return older && (offset <= held.Memory.Offset || held.At.Sub(beat.At) <= late)
	}
	return offset <= held.Memory.Offset && older
}
