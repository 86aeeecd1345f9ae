// Package topic holds what everybody must agree on about Kafka topics: names,
// keys, the partitioner and the one size limit.
//
// Every topic has one writing component and one kind of key. Partition counts
// are fixed when Millrace is installed: tables live in the partition of their
// input, so a changed count would separate a host from its state.
package topic

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
)

// The topics. Keys are host names unless said otherwise.
const (
	// Raw carries raw records; written by agents and the adopt processor.
	Raw = "raw"
	// Agents carries the agents' beats, key = agent id; written by agents.
	Agents = "agents"
	// AgentSources carries agents' answers to requests for all of their sources, key =
	// agent id; written by agents.
	AgentSources = "agents.sources"
	// Stages carries the beats of server roles, key = stage and instance; written by
	// all of them.
	Stages = "stages"
	// LogsPrefix begins the name of every app topic; written by enrich.
	LogsPrefix = "logs."
	// DeadRaw carries raw records that cannot be processed; written by enrich.
	DeadRaw = "dead.raw"
	// DeadLogs carries event batches that cannot be indexed, or that an extra processor
	// cannot read; written by both.
	DeadLogs = "dead.logs"
	// DeadAgents carries beats that cannot be read; written by fleet.
	DeadAgents = "dead.agents"
	// DeadAdopt carries records of other shippers that cannot be adopted.
	DeadAdopt = "dead.adopt"
)

// Consumer groups. The table of a group is the topic TableOf(group).
const (
	GroupEnrich  = "enrich"
	GroupFleet   = "fleet"
	GroupIndexer = "indexer"
	GroupAdopt   = "adopt"
)

// RecordLimit is max.message.bytes of every topic and the largest record that
// any of our producers sends: key, value, headers and overhead, uncompressed.
const RecordLimit = 1 << 20

// MaxAppName is the length of the longest app name.
const MaxAppName = 63

// ErrApp is returned by CheckApp.
var ErrApp = errors.New("app must be 1 to 63 characters of a-z, 0-9 and '-', and not begin with '-'")

// TableOf is the topic of a group's table, as goka names it.
func TableOf(group string) string { return group + "-table" }

// Logs is the topic of an app.
func Logs(app string) string { return LogsPrefix + app }

// AppOf is the app whose topic name is, and whether it is an app topic.
func AppOf(name string) (string, bool) {
	app, ok := strings.CutPrefix(name, LogsPrefix)
	return app, ok && CheckApp(app) == nil
}

// CheckApp reports whether app can name an app. The error wraps ErrApp.
func CheckApp(app string) error {
	if len(app) == 0 || len(app) > MaxAppName || app[0] == '-' {
		return fmt.Errorf("%w: %q", ErrApp, app)
	}
	for i := range len(app) {
		if c := app[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return fmt.Errorf("%w: %q", ErrApp, app)
		}
	}
	return nil
}

// Partition is the partition of a key among n: FNV-1a of 32 bits, read as a
// signed number whose sign is dropped after the remainder. Goka addresses its
// tables with it, so every producer of ours must use it too.
func Partition(key []byte, n int32) int32 {
	h := fnv.New32a()
	h.Write(key)
	p := int32(h.Sum32()) % n
	if p < 0 {
		p = -p
	}
	return p
}
