// Package hosts is the contract of the host table: what is known of one host
// from the raw records that came from it.
//
// The table is the topic topic.TableOf(topic.GroupEnrich), key = host name, value
// = a State as Append writes it. The enrich processor is its only writer; the
// admin reads it. A State is a pure function of the records counted into it and
// of their order: time is the records' own, never a clock's, so records that are
// delivered again lead to the same bytes.
//
// A value is below 1 KiB in the common case (a dozen apps); MaxApps bounds it.
package hosts

import (
	"slices"
	"strings"
	"time"
)

// MaxApps bounds the apps of one host, Other not counted. When one more comes, the app that was
// silent for longest is added to Other; if it comes back it begins at zero.
const MaxApps = 64

// Other is the name under which apps are added up that were pushed out. It
// cannot be the name of an app.
const Other = "_other"

// ClockStep is how far a record's time must lie before the newest one to mean
// that the host's clock was ahead and has been put right. Rates then begin
// anew; without that rule one record from the year 2099 would freeze them.
const ClockStep = time.Hour

// State is what is known of one host.
type State struct {
	// Window is the writer's memory of the records it has counted. Others must
	// not look into it.
	Window []byte
	// LastSeen is when the newest bytes were read on the host, by its clock.
	LastSeen time.Time
	// Gaps and GapBytes add up what the agent could not read or ship, and
	// SkippedLines what it left out by a rule.
	Gaps, GapBytes, SkippedLines uint64
	// Apps in the order of their names.
	Apps []App
}

// Counts is what one record adds to one app.
type Counts struct {
	// Lines are events sent to the app's topic, Bytes their bytes in the source,
	// line ends included.
	Lines, Bytes uint64
	// Errors are events whose level is error or worse, Failures those in which
	// a step of the pipeline failed.
	Errors, Failures uint64
}

// counts is how many counts there are.
const counts = 4

// list is the counts in the order in which they are encoded.
func (c *Counts) list() [counts]uint64 {
	return [...]uint64{c.Lines, c.Bytes, c.Errors, c.Failures}
}

// App is what one host sent to one app.
type App struct {
	Name string
	// Counts since the host was first seen.
	Counts
	// At is the time of the newest record, the one the rates stand for.
	At time.Time

	rates [counts]rates // in the order of Counts.list
}

// Seen notes that a record was read at that time, whatever it held.
func (s *State) Seen(at time.Time) {
	if at.After(s.LastSeen) || s.LastSeen.Sub(at) > ClockStep {
		s.LastSeen = at.UTC()
	}
}

// Add counts what a record that was read at that time held for one app.
func (s *State) Add(app string, at time.Time, c Counts) {
	s.Seen(at)
	i, ok := s.find(app)
	if !ok {
		i = s.insert(app)
	}
	s.Apps[i].add(at, c)
}

// App is what was counted for an app, and whether anything was.
func (s *State) App(name string) (App, bool) {
	i, ok := s.find(name)
	if !ok {
		return App{}, false
	}
	return s.Apps[i], true
}

func (s *State) find(name string) (int, bool) {
	return slices.BinarySearchFunc(s.Apps, name, func(a App, name string) int { return strings.Compare(a.Name, name) })
}

// insert makes room for a new app and returns its index.
func (s *State) insert(name string) int {
	if len(s.Apps) >= MaxApps && name != Other {
		s.pushOut()
	}
	i, _ := s.find(name)
	s.Apps = slices.Insert(s.Apps, i, App{Name: name})
	return i
}

// pushOut adds the app that was silent for longest to Other once there are
// MaxApps besides it. Of several it is the first by name.
func (s *State) pushOut() {
	oldest, named := -1, 0
	for i := range s.Apps {
		if s.Apps[i].Name == Other {
			continue
		}
		named++
		if oldest < 0 || s.Apps[i].At.Before(s.Apps[oldest].At) {
			oldest = i
		}
	}
	if named < MaxApps {
		return
	}
	gone := s.Apps[oldest]
	s.Apps = slices.Delete(s.Apps, oldest, oldest+1)
	i, ok := s.find(Other)
	if !ok {
		s.Apps = slices.Insert(s.Apps, i, App{Name: Other})
	}
	s.Apps[i].merge(&gone)
}
