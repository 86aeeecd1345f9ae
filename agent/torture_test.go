package agent_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"github.com/millrace/millrace/schemas/collect"
)

type scenario struct {
	Globs []string `json:"globs"`
	When  string   `json:"when"`
}

// charsets are those that a scenario sets the agent to.
var charsets = map[string]string{"utf16le": "utf-16", "utf16be": "utf-16", "gbk": "gbk"}

// TestTorture plays every scenario of the torture harness against the agent. Set
// MILLRACE_TORTURE to the harness' folder, MILLRACE_TORTURE_ONLY to some names to run
// only those, and MILLRACE_AGENT to a built agent to run that instead of one in this
// process. `make torture` does.
func TestTorture(t *testing.T) {
	dir := os.Getenv("MILLRACE_TORTURE")
	if dir == "" {
		t.Skip("MILLRACE_TORTURE is not set: the torture scenarios were NOT run")
	}
	script := filepath.Join(dir, "torture.py")
	list, err := exec.Command("python3", script, "list", "--json").Output()
	must(t, err)
	var all map[string]scenario
	must(t, json.Unmarshal(list, &all))
	only := strings.Fields(os.Getenv("MILLRACE_TORTURE_ONLY"))
	s := &score{began: time.Now()}
	t.Cleanup(s.total)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() { s.add(t, name) })
			torture(t, script, name, all[name])
		})
	}
}

// score prints a line for each scenario as it ends, and the total, where the built
// agent is tried.
type score struct {
	began        time.Time
	mu           sync.Mutex
	passed, rest int
}

func (s *score) add(t *testing.T, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	verdict := "pass"
	switch {
	case t.Failed():
		verdict = "FAIL"
	case t.Skipped():
		verdict = "skip"
	}
	if verdict == "pass" {
		s.passed++
	} else {
		s.rest++
	}
	if built() != "" {
		fmt.Printf("%-24s %s\n", name, verdict)
	}
}

func (s *score) total() {
	if built() != "" {
		fmt.Printf("%d of %d scenarios pass, %.0f s\n", s.passed, s.passed+s.rest, time.Since(s.began).Seconds())
	}
}

// built is the agent's program that is tried; empty: the one of this process.
func built() string { return os.Getenv("MILLRACE_AGENT") }

func torture(t *testing.T, script, name string, s scenario) {
	b := newBench(t)
	var paths []string
	for _, g := range s.Globs {
		paths = append(paths, filepath.Join("d", g))
	}
	if name == "registry_disk_full" {
		b.cfg.StateDir = b.path("d/registry")
		mountTmpfs(t, b.cfg.StateDir)
	}
	b.collect("torture", func(c *collect.Collection) {
		c.Exclude, c.Charset = []string{"*.gz"}, charsets[name]
	}, paths...)
	kill := b.startAs(name)
	manifest := filepath.Join(t.TempDir(), "manifest")
	args := []string{script, "play", name, "--dir", filepath.Join(b.logs, "d"), "--manifest", manifest, "--lines", env("MILLRACE_TORTURE_LINES", "400"), "--settle", env("MILLRACE_TORTURE_SETTLE", "1.5"), "--seed", "7"}
	hooks := t.TempDir()
	for _, h := range []string{"stop", "start", "kill9"} {
		f := filepath.Join(hooks, h)
		args = append(args, "--hook-"+h, fmt.Sprintf("touch %s; while [ -e %s ]; do sleep 0.02; done", f, f))
	}
	play := exec.Command("python3", args...)
	play.Stderr = os.Stderr
	must(t, play.Start())
	done := make(chan error, 1)
	go func() { done <- play.Wait() }()
	for running := true; running; {
		select {
		case err := <-done:
			must(t, err)
			running = false
		case <-time.After(20 * time.Millisecond):
			b.obey(hooks, name, &kill)
		}
	}
	b.idle()
	b.clean()
	check(t, script, manifest, b)
}

func env(name, or string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return or
}

// startAs starts the agent the way the scenario wants it.
func (b *bench) startAs(name string) (kill func()) {
	switch name {
	case "preexisting":
		return nil
	case "kill9_loop":
		return b.startChild()
	}
	b.startPlain()
	b.settledFor(0) // the scenarios ask for an agent that has looked around
	return nil
}

// startPlain starts an agent that is stopped in an orderly way.
func (b *bench) startPlain() {
	if built() == "" {
		b.start()
		return
	}
	cmd := b.spawn()
	b.stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			b.t.Errorf("the agent ended with %v", err)
		}
	})
}

// obey does what the hooks of the player ask for.
func (b *bench) obey(hooks, name string, kill *func()) {
	for _, h := range []string{"stop", "start", "kill9"} {
		f := filepath.Join(hooks, h)
		if _, err := os.Stat(f); err != nil {
			continue
		}
		switch {
		case h == "stop":
			b.stop()
		case h == "kill9":
			(*kill)()
		case name == "kill9_loop":
			*kill = b.startChild()
		default:
			b.startPlain()
		}
		must(b.t, os.Remove(f))
	}
}

// idle waits until nothing new has arrived for a while: what must not come, such as a line
// twice, leaves nothing else to wait for.
func (b *bench) idle() {
	last, since := -1, time.Now()
	for time.Since(since) < 4*time.Second {
		time.Sleep(100 * time.Millisecond)
		b.mu.Lock()
		n := len(b.records)
		b.mu.Unlock()
		if n != last {
			last, since = n, time.Now()
		}
	}
}

func check(t *testing.T, script, manifest string, b *bench) {
	values := filepath.Join(t.TempDir(), "values")
	var out bytes.Buffer
	for _, e := range b.mirror().events {
		out.WriteString(e.inUTF8(t))
		out.WriteByte('\n')
	}
	must(t, os.WriteFile(values, out.Bytes(), 0o600))
	verdict, err := exec.Command("python3", script, "check", "--manifest", manifest, "--values", values).Output()
	if err != nil {
		m := b.mirror()
		t.Errorf("%v: %s\n%d gaps: %.2000s", err, verdict, len(m.gaps), fmt.Sprintf("%+v", m.gaps))
	}
	if os.Getenv("MILLRACE_TORTURE_KEEP") != "" {
		t.Logf("%s", verdict)
	}
}

// inUTF8 is the event's text as the processor converts it.
func (e *event) inUTF8(t *testing.T) string {
	var from encoding.Encoding
	switch e.charset {
	case "", "utf-8":
		return e.text
	case "utf-16", "utf-16le":
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case "utf-16be":
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	default:
		var err error
		from, err = htmlindex.Get(e.charset)
		must(t, err)
	}
	text, err := from.NewDecoder().String(e.text)
	must(t, err)
	return text
}

func mountTmpfs(t *testing.T, dir string) {
	must(t, os.MkdirAll(dir, 0o700))
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no tmpfs for the registry: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
}
