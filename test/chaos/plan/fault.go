// Package plan turns a seed into the list of what goes wrong in a run of the
// chaos harness, and when. It is pure: the same seed and shape always give the
// same plan, so that a run can be done again.
//
// A plan may take everything that Millrace promises to survive: any number of
// its own processes, one server of a cluster at a time, or a whole cluster that
// comes back with its data. It never takes two servers of one cluster by chance.
package plan

import (
	"fmt"
	"time"
)

// Kind is what is done to a target.
type Kind string

// The kinds.
const (
	Kill   Kind = "kill"   // kill -9, and started again when the fault is over
	Pause  Kind = "pause"  // SIGSTOP, and SIGCONT when the fault is over
	Cut    Kind = "cut"    // the wire to a server fails; Mode says how
	Disk   Kind = "disk"   // the state disk of an agent is full
	Answer Kind = "answer" // the search store answers with errors; Mode says which
	Edit   Kind = "edit"   // a collection gets another pipeline
	Outage Kind = "outage" // all servers of a cluster are killed at once
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Kill, Pause, Cut, Disk, Answer, Edit, Outage} }

// Role is a part of the installation.
type Role string

// The roles: four programs of ours and three kinds of servers.
const (
	Agent      Role = "agent"
	Processor  Role = "processor"
	Indexer    Role = "indexer"
	Admin      Role = "admin"
	Broker     Role = "broker"
	Etcd       Role = "etcd"
	Search     Role = "search"
	StateDisk  Role = "state disk" // of an agent
	Collection Role = "collection" // what an edit strikes
)

// server says whether there is one cluster of the role, in which only so much may
// fail at once.
func (r Role) server() bool { return r == Broker || r == Etcd || r == Search }

// All as the number of a target means every one of its role.
const All = -1

// Target is one process of a role, or all.
type Target struct {
	Role Role
	N    int // from 0
}

// String is such as `broker 2`, counted from 1.
func (t Target) String() string {
	if t.N == All {
		return fmt.Sprintf("every %s", t.Role)
	}
	return fmt.Sprintf("%s %d", t.Role, t.N+1)
}

// Lock is what a strike keeps others away from: the whole cluster of a server, of
// ours the process alone. An agent is not killed while its disk is full: what it then
// read of a log that was copied and truncated it cannot know any more, which is a
// stated limit.
func (t Target) Lock() Target {
	switch {
	case t.Role.server():
		return Target{t.Role, All}
	case t.Role == StateDisk:
		return Target{Agent, t.N}
	}
	return t
}

// Fault is one thing that goes wrong, for a while.
type Fault struct {
	Kind   Kind
	Target Target
	Mode   string        // of a cut or an answer
	At     time.Duration // after the first line
	For    time.Duration // 0 for an edit
}

// End is when the fault is over.
func (f Fault) End() time.Duration { return f.At + f.For }

// String is such as `cut broker 2 (hole)`.
func (f Fault) String() string {
	if f.Mode == "" {
		return fmt.Sprintf("%s %s", f.Kind, f.Target)
	}
	return fmt.Sprintf("%s %s (%s)", f.Kind, f.Target, f.Mode)
}
