package plan

import "time"

// The lengths of Each: below the session timeout of a group, and above it.
const (
	eachLength = 8 * time.Second
	eachLong   = 15 * time.Second
)

// Each is every fault there is, once. They have no times: each is for a moment in
// which all is well, so that what the delay is then, that fault has done.
func Each(shape Shape) []Fault {
	var faults []Fault
	for _, kind := range Kinds() {
		for _, c := range deck(kind, shape) {
			f := Fault{Kind: kind, Target: Target{c.role, 0}, Mode: c.mode, For: eachLength}
			switch {
			case kind == Outage:
				f.Target.N = All
			case kind == Edit:
				f.For = 0
			case kind == Pause && (c.role == Processor || c.role == Indexer):
				f.For = eachLong
			}
			faults = append(faults, f)
		}
	}
	return faults
}
