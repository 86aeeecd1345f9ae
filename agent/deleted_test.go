package agent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/agent"
)

// While Kafka is down, deleted files must not fill the disk: the oldest are given up, and
// what was in them is told as gaps with path and bytes.
func TestDeletedFilesBeyondTheirBudgetBecomeGaps(t *testing.T) {
	const line = "a line that nobody reads\n"
	cases := []struct {
		name   string
		budget func(*agent.Config)
	}{
		{"too many", func(c *agent.Config) { c.DeletedFiles = 2 }},
		{"too large", func(c *agent.Config) { c.DeletedBytes = 3*int64(len(line)) - 1 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { giveUpDeleted(t, line, c.budget) })
	}
}

func giveUpDeleted(t *testing.T, line string, budget func(*agent.Config)) {
	t.Helper()
	b, fail := flaky(t)
	b.cfg.UnackedBytes = 1 << 20
	budget(&b.cfg)
	b.collect("c", nil, "*.log")
	reg := prometheus.NewRegistry()
	b.startWith(agent.Deps{Registry: reg})
	b.append("first.log", "first\n")
	b.arrived([]string{"first"})
	fail(kerr.NotEnoughReplicas)
	filler := joined(numbered("filler", 0, 40_000)) // more than may be under way
	b.append("filler.log", filler)
	b.eventually(func() error {
		read, under := metric(t, reg, "millrace_agent_read_bytes_total"), metric(t, reg, "millrace_agent_records_in_flight")
		if read < 1_000_000 || under < 4 {
			return fmt.Errorf("%v bytes read, %v records under way", read, under)
		}
		return nil
	})
	const files = 5
	for i := range files {
		b.append(fmt.Sprintf("%d.log", i), line)
	}
	b.eventually(func() error {
		for i := range files { // each: one that goes before it is opened is a gap of another kind
			if name := b.path(fmt.Sprintf("%d.log", i)); !isOpen(t, name) {
				return fmt.Errorf("%s is not open", name)
			}
		}
		return nil
	})
	for i := range files {
		must(t, os.Remove(b.path(fmt.Sprintf("%d.log", i))))
	}
	b.eventually(func() error {
		if n := metric(t, reg, "millrace_agent_files_open"); n > 4 { // two of the deleted, and the two that are there
			return fmt.Errorf("%v files are open", n)
		}
		return nil
	})
	fail(nil)
	b.eventually(func() error {
		m := b.mirror()
		if len(m.gaps) != files-2 {
			return fmt.Errorf("%d gaps: %+v", len(m.gaps), m.gaps)
		}
		return nil
	})
	for _, gap := range b.mirror().gaps {
		if gap.Len != uint64(len(line)) || gap.Off != 0 || gap.Path == "" {
			t.Errorf("%+v", gap)
		}
	}
	b.clean()
}

// isOpen reports whether this process, in which the agent runs, has a file open.
func isOpen(t *testing.T, name string) bool {
	t.Helper()
	const folder = "/proc/self/fd"
	entries, err := os.ReadDir(folder)
	must(t, err)
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join(folder, e.Name())); err == nil && target == name {
			return true
		}
	}
	return false
}
