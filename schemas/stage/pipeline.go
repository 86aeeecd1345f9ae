package stage

import "time"

// Pipeline tells that the steps of a collection's pipeline fail far more often than
// they did, on one instance.
type Pipeline struct {
	Collection string `json:"collection"`
	// Minute counts the last minute, Before the hour before it.
	Minute Share `json:"minute"`
	Before Share `json:"before"`
	// Failing are the last lines that failed, the newest first; MostFailing at most.
	Failing []FailingLine `json:"failing"`
}

// Share is how many of some lines failed.
type Share struct {
	Lines  uint64 `json:"lines"`
	Failed uint64 `json:"failed"`
}

// Failed is how many lines of a collection failed in the last hour, on one instance.
type Failed struct {
	Collection string `json:"collection"`
	Share
}

// FailingLine is a line on which a step failed.
type FailingLine struct {
	At    time.Time `json:"at"` // when it was read
	Host  string    `json:"host"`
	Path  string    `json:"path"`
	Line  string    `json:"line"`  // cut to MaxLine bytes
	Step  string    `json:"step"`  // key path in the collection, such as pipeline[2].grok
	Cause string    `json:"cause"` // why it failed
}

// Bounds of what a beat tells of pipelines: it is small, and comes every two seconds.
const (
	MostPipelines = 10
	MostFailing   = 10
	MostFailed    = 200
	MaxLine       = 300
)

const (
	// leastFailed is how many failures a minute needs to be told of: one odd line in a
	// quiet file is no jump.
	leastFailed = 5
	// leastOf is the least share that is minded: one in so many.
	leastOf = 50
	// wellAbove is how many times as many fail as did.
	wellAbove = 3
)

// Jumped reports whether the share of failures in the last minute is well above that
// of the hour before: three times as much, and two in a hundred at least. A jump that
// stays is no news after some twenty minutes.
func Jumped(minute, before Share) bool {
	return minute.Failed >= leastFailed && minute.Failed*leastOf >= minute.Lines &&
		minute.Failed*before.Lines >= wellAbove*before.Failed*minute.Lines
}
