package refine

import (
	"encoding/json"
	"time"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/schemas/revision"
)

// Revision is one revision of a collection, ready to be applied. It does not
// change and is safe for concurrent use.
type Revision struct {
	id         revision.ID
	text       string
	collection *collect.Collection
	location   *time.Location
	retention  time.Duration
	pipeline   *pipeline.Pipeline
	hands      hands
}

// NewRevision compiles a canonical config, which must be that of the revision.
func NewRevision(id revision.ID, canonical []byte) (*Revision, *Refusal) {
	if got := revision.Of(canonical); got != id {
		return nil, refuse(ReasonRevision, "revision %s: the stored config is that of %s", id, got)
	}
	var head struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(canonical, &head); err != nil {
		return nil, refuse(ReasonRevision, "revision %s: %v", id, err)
	}
	c, problems := collect.Parse(head.Name, canonical)
	for _, p := range problems {
		return nil, refuse(ReasonRevision, "revision %s of collection %q: %s", id, head.Name, p)
	}
	compiled, faults := pipeline.Compile(c.Pipeline, "pipeline")
	for _, p := range faults {
		return nil, refuse(ReasonRevision, "revision %s of collection %q: %v", id, head.Name, p)
	}
	location, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, refuse(ReasonRevision, "revision %s of collection %q: timezone: %v", id, head.Name, err)
	}
	return &Revision{
		id: id, text: id.String(), collection: c, location: location,
		retention: c.RetentionTime(), pipeline: compiled,
	}, nil
}

// take lends what a goroutine needs to apply the revision.
func (r *Revision) take() *hand {
	if h := r.hands.take(); h != nil {
		return h
	}
	return &hand{runner: r.pipeline.NewRunner()}
}

// Rest lets go of memory that nobody has needed since it was called last. Call it from time to time.
func (r *Revision) Rest() { r.hands.rest() }

// namedIndex remembers the index of the last event: the next one goes there too,
// nearly always. Instants are Unix seconds.
type namedIndex struct {
	app, name string
	from, to  int64 // of the index's period, to excluded
	at        time.Time
	low, high int64 // what surely lies within index.Clamp's bounds of at, high excluded
}

// indexOf is the index of an event of app with the time t, read at at, and the times from
// which and up to which the events of app go there.
func (r *Revision) indexOf(h *hand, app string, t, at time.Time) (name string, from, to int64) {
	x := &h.index
	if x.at != at {
		x.at = at
		x.low = index.Clamp(time.Time{}, at, r.retention).Unix() + 1
		x.high = index.Clamp(at.AddDate(1, 0, 0), at, r.retention).Unix()
	}
	clamped := t.Unix() < x.low || t.Unix() >= x.high
	if clamped {
		t = index.Clamp(t, at, r.retention)
	}
	if sec := t.Unix(); x.app != app || sec < x.from || sec >= x.to {
		name := index.Name(app, r.collection.Env, r.collection.Period, t)
		parts, err := index.Parse(name)
		if err != nil {
			return name, 0, 0
		}
		x.app, x.name, x.from, x.to = app, name, parts.Start.Unix(), parts.End.Unix()
	}
	if clamped {
		return x.name, 0, 0
	}
	return x.name, max(x.from, x.low), min(x.to, x.high)
}
