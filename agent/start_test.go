package agent_test

import (
	"os"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/collect"
)

// aged makes a file that was last written so long ago.
func (b *bench) aged(name, text string, age time.Duration) {
	b.t.Helper()
	b.append(name, text)
	then := time.Now().Add(-age)
	must(b.t, os.Chtimes(b.path(name), then, then))
}

func TestAFileOlderThanIgnoreOlderWaitsUntilItIsWrittenTo(t *testing.T) {
	b := newBench(t)
	b.aged("young.log", "young\n", time.Minute)
	b.aged("old.log", "old\n", 48*time.Hour)
	b.collect("c", func(c *collect.Collection) { c.IgnoreOlder = collect.Duration(24 * time.Hour) }, "*.log")
	b.start()
	b.arrived([]string{"young"})
	b.append("old.log", "woken\n")
	b.arrived([]string{"young", "old", "woken"})
}

func TestStartAtAnAgeReadsOnlyYoungFilesFromTheirBeginning(t *testing.T) {
	b := newBench(t)
	b.aged("young.log", "young\n", time.Minute)
	b.aged("old.log", "old\n", 48*time.Hour)
	b.collect("c", func(c *collect.Collection) { c.Start = "24h" }, "*.log")
	b.start()
	b.arrived([]string{"young"})
	b.settledFor(2) // scans: the old file is known by then
	b.append("old.log", "new\n")
	b.arrived([]string{"young", "new"})
}
