package agent_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/millrace/millrace/agent/internal/source"
)

// withoutHandles puts the logs on a file system that has neither handles nor birth times.
func (b *bench) withoutHandles() {
	b.t.Helper()
	if out, err := exec.Command("mount", "-t", "ramfs", "ramfs", b.logs).CombinedOutput(); err != nil {
		b.t.Skipf("SKIPPED: a file system without handles takes the right to mount one: %s", out)
	}
	b.t.Cleanup(func() { _ = exec.Command("umount", "-l", b.logs).Run() })
	f, err := os.Create(b.path("probe"))
	must(b.t, err)
	defer f.Close()
	info, err := source.Full(int(f.Fd()))
	must(b.t, err)
	if info.Key.Handle != "" || info.Key.Birth != 0 {
		b.t.Fatalf("files have a handle or a birth time here: %+v", info.Key)
	}
}

func TestWithoutHandlesAndBirthTimesEveryLineArrivesOnce(t *testing.T) {
	b := newBench(t)
	b.withoutHandles()
	b.collect("c", nil, "app.log*")
	var want []string
	write := func(what string, n int) {
		lines := numbered(what, 0, n)
		want = append(want, lines...)
		b.append("app.log", joined(lines))
	}
	kill := b.startChild()
	for i := range 4 {
		write(fmt.Sprint("before ", i), 100)
		b.arrived(want)
		must(t, os.Rename(b.path("app.log"), b.path(fmt.Sprint("app.log.", i))))
		write(fmt.Sprint("renamed ", i), 50)
		kill()
		write(fmt.Sprint("down ", i), 30)
		switch i {
		case 1: // rotated while it was down
			must(t, os.Rename(b.path("app.log"), b.path("app.log.down")))
			write("new", 20)
		case 2: // replaced by another of the same name
			must(t, os.Rename(b.path("app.log"), b.path("app.log.old")))
			must(t, os.WriteFile(b.path("new"), nil, 0o644))
			must(t, os.Rename(b.path("new"), b.path("app.log")))
			write("replaced", 5)
		}
		kill = b.startChild()
		b.arrived(want)
	}
	must(t, os.Truncate(b.path("app.log"), 0))
	write("truncated", 3)
	b.arrived(want)
	must(t, os.Remove(b.path("app.log")))
	write("made anew", 3)
	b.arrived(want)
	b.clean()
}

// Files shorter than what is hashed of their beginnings keep their identity all the same.
func TestTinyFilesKeepTheirIdentity(t *testing.T) {
	cases := []struct {
		name string
		do   func(b *bench) (arrives []string)
	}{
		{"renamed while the agent is down", func(b *bench) []string {
			b.stop()
			must(b.t, os.Rename(b.path("app.log"), b.path("app.log.1")))
			b.start()
			b.append("app.log.1", "behind\n")
			return []string{"behind"}
		}},
		{"renamed, and another of the same content in its place", func(b *bench) []string {
			must(b.t, os.Rename(b.path("app.log"), b.path("app.log.1")))
			b.append("app.log", "tiny\n")
			return []string{"tiny"}
		}},
		{"replaced while the agent is down by one of the same content", func(b *bench) []string {
			b.stop()
			must(b.t, os.Remove(b.path("app.log")))
			b.append("app.log", "tiny\n")
			b.start()
			return []string{"tiny"}
		}},
		{"replaced by a rename", func(b *bench) []string {
			b.append("new", "tiny\nand more\n")
			must(b.t, os.Rename(b.path("new"), b.path("app.log")))
			return []string{"tiny", "and more"}
		}},
		{"swapped with another that began alike", func(b *bench) []string {
			b.append("app.log.2", "tiny\nother\n")
			b.arrived([]string{"tiny", "tiny", "other"})
			must(b.t, os.Rename(b.path("app.log"), b.path("swap")))
			must(b.t, os.Rename(b.path("app.log.2"), b.path("app.log")))
			must(b.t, os.Rename(b.path("swap"), b.path("app.log.2")))
			b.append("app.log", "of the other\n")
			b.append("app.log.2", "of the first\n")
			return []string{"tiny", "other", "of the other", "of the first"}
		}},
		{"growing line by line past the hash, with restarts", func(b *bench) []string {
			var all []string
			for i := range 6 {
				line := fmt.Sprint(i, strings.Repeat("x", 300))
				all = append(all, line)
				b.append("app.log", line+"\n")
				b.arrived(append([]string{"tiny"}, all...))
				b.stop()
				b.start()
			}
			return all
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.collect("c", nil, "app.log*")
			b.start()
			b.append("app.log", "tiny\n")
			b.arrived([]string{"tiny"})
			want := append([]string{"tiny"}, c.do(b)...)
			b.arrived(want)
			b.settledFor(2) // scans: what is read twice would have come by then
			b.arrived(want)
			b.clean()
		})
	}
}
