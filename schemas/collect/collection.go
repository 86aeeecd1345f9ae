// Package collect is the contract of the control plane: what a collection
// config is, which revision it has, and under which etcd keys it lies.
//
// Admin writes configs; agents and processors only read them. Parse is strict:
// an unknown key is an error, and every problem is reported with its key path.
// What a pipeline's steps mean is not known here (see processors/pipeline).
package collect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/schemas/revision"
)

// Collection says which files of which hosts belong to an app, and what
// becomes of their lines.
type Collection struct {
	// Name is the collection's name: it is part of the revision.
	Name string `json:"name"`
	// Description is for people.
	Description string `json:"description,omitempty"`
	// App and Env choose the topic and the index. Env defaults to "prod".
	App string `json:"app"`
	Env string `json:"env"`
	// Select chooses the hosts. The default is every host.
	Select Select `json:"select"`
	// Paths are absolute globs of files, `**` for any number of folders.
	Paths []string `json:"paths,omitempty"`
	// Inputs are names of inputs that hosts have in their own settings, such as one that
	// takes syslog. What comes in there belongs to the collection.
	Inputs []string `json:"inputs,omitempty"`
	// Exclude are globs of files to leave out: whole paths where they begin
	// with '/', file names otherwise.
	Exclude []string `json:"exclude,omitempty"`
	// Topics are Kafka topics of other shippers to adopt.
	Topics []string `json:"topics,omitempty"`
	// Start is where a file is read from that was never seen before.
	Start Start `json:"start"`
	// Priority decides who owns a file that several collections match;
	// the highest wins, then the longest literal path prefix, then the name.
	Priority int `json:"priority"`
	// Period is how much time one index spans. The default is a day.
	Period index.Period `json:"period"`
	// Retention is how many days events are kept after the period of their index has
	// ended (with the default period: after their day). Then the index is deleted, and
	// what comes too late for it is dropped and counted. An index that several
	// collections share is kept for the longest of theirs. A change counts for lines
	// read after it: it may prolong the life of an index that is there, and never
	// shortens it. The default is 7.
	Retention int `json:"retention_days"`
	// KeepOriginal keeps event.original on every event, not only on failures.
	KeepOriginal bool `json:"keep_original"`
	// Timezone is the zone of times that name none. The default is UTC.
	Timezone string `json:"timezone"`
	// Reading is how the files are read and cut into events.
	Reading
	// Pipeline is the list of steps, as processors/pipeline compiles it.
	Pipeline json.RawMessage `json:"pipeline"`
}

// Select chooses hosts: one of Hosts matches and all Labels match.
type Select struct {
	// Hosts are globs of host names (`*`, `?`, `[a-z]`). None means all.
	Hosts []string `json:"hosts"`
	// Labels are globs of the values that the agent's labels must have.
	Labels map[string]string `json:"labels"`
}

// Start is where reading begins in a file that was never seen before: Beginning, End, or a
// time such as "24h", see Start.Age.
type Start string

// The starts.
const (
	Beginning Start = "beginning"
	End       Start = "end"
)

// Defaults of a collection.
const (
	DefaultEnv       = "prod"
	DefaultRetention = 7
	MaxRetention     = 3650
)

// withDefaults fills in what may be left out.
func (c *Collection) withDefaults() {
	if c.Env == "" {
		c.Env = DefaultEnv
	}
	if c.Start == "" {
		c.Start = Beginning
	}
	if c.Period == "" {
		c.Period = index.Day
	}
	if c.Retention == 0 {
		c.Retention = DefaultRetention
	}
	if c.Timezone == "" {
		c.Timezone = "UTC"
	}
	if len(c.Select.Hosts) == 0 {
		c.Select.Hosts = []string{"*"}
	}
	if c.Select.Labels == nil {
		c.Select.Labels = map[string]string{}
	}
	if len(bytes.TrimSpace(c.Pipeline)) == 0 {
		c.Pipeline = json.RawMessage("[]")
	}
	c.Reading.withDefaults()
}

// RetentionTime is the retention as a duration.
func (c *Collection) RetentionTime() time.Duration {
	return time.Duration(c.Retention) * 24 * time.Hour
}

// Canonical is the one way to write this collection: every default filled in,
// struct fields in their order, the keys of the pipeline sorted, no blanks.
func (c *Collection) Canonical() ([]byte, error) {
	full := *c
	full.withDefaults()
	sorted, err := sortKeys(full.Pipeline)
	if err != nil {
		return nil, fmt.Errorf("collection %s: pipeline: %w", c.Name, err)
	}
	full.Pipeline = sorted
	return json.Marshal(&full)
}

// Revision is the ID of the canonical form.
func (c *Collection) Revision() (revision.ID, error) {
	canonical, err := c.Canonical()
	if err != nil {
		return revision.ID{}, err
	}
	return revision.Of(canonical), nil
}

// sortKeys rewrites JSON with sorted object keys, numbers as they stand.
func sortKeys(raw json.RawMessage) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// AgentView is what an agent gets to know of a collection: nothing of what
// becomes of the lines later.
type AgentView struct {
	Name     string      `json:"name"`
	Rev      revision.ID `json:"rev"`
	App      string      `json:"app"`
	Select   Select      `json:"select"`
	Paths    []string    `json:"paths,omitempty"`
	Inputs   []string    `json:"inputs,omitempty"`
	Exclude  []string    `json:"exclude,omitempty"`
	Start    Start       `json:"start"`
	Priority int         `json:"priority"`
	Reading
}

// ForAgents is the view of the collection at revision rev that agents follow.
func (c *Collection) ForAgents(rev revision.ID) AgentView {
	full := *c
	full.withDefaults()
	return AgentView{
		Name: full.Name, Rev: rev, App: full.App, Select: full.Select,
		Paths: slices.Clone(full.Paths), Inputs: slices.Clone(full.Inputs), Exclude: slices.Clone(full.Exclude),
		Start: full.Start, Priority: full.Priority, Reading: full.Reading,
	}
}
