package agent_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/agent"
	"github.com/millrace/millrace/agent/internal/input"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/status"
)

// takes makes a collection ask for inputs.
func takes(names ...string) func(*collect.Collection) {
	return func(c *collect.Collection) { c.Inputs = names }
}

// dial connects to an address of a running agent.
func (b *bench) dial(network, addr string) net.Conn {
	b.t.Helper()
	var conn net.Conn
	b.eventually(func() (err error) {
		conn, err = net.Dial(network, addr)
		return err
	})
	b.t.Cleanup(func() { conn.Close() })
	return conn
}

// spooled waits until a text is in the spool of an input.
func (b *bench) spooled(name, text string) {
	b.t.Helper()
	b.eventually(func() error {
		if strings.Contains(b.spool(name), text) {
			return nil
		}
		return fmt.Errorf("%.100q is not in the spool", text)
	})
}

func (b *bench) spool(name string) string {
	paths, _ := filepath.Glob(filepath.Join(b.cfg.StateDir, "spool", name, "*.log"))
	var all strings.Builder
	for _, p := range paths {
		text, _ := os.ReadFile(p) // it may have gone since
		all.Write(text)
	}
	return all.String()
}

// messages are numbered messages of syslog.
func messages(from, n int) []string {
	lines := numbered("<13>1 2026-11-22T23:00:00Z host app", from, n)
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

func TestSyslogSurvivesKills(t *testing.T) {
	b := newBench(t)
	addr := freeAddr()
	b.cfg.Inputs = []input.Config{{Name: "net", Kind: input.Syslog, Listen: []string{"tcp://" + addr}}}
	b.collect("c", takes("net"))
	var want []string
	for round := range 4 {
		kill := b.startChild()
		conn := b.dial("tcp", addr)
		more := messages(1000*round, 500)
		want = append(want, more...)
		_, err := conn.Write([]byte(joined(more)))
		must(t, err)
		b.spooled("net", more[len(more)-1])
		if round == 2 {
			b.arrived(want)
		}
		kill()
	}
	b.startChild()
	b.arrived(want)
	b.clean()
	for _, e := range b.mirror().events {
		if e.path != "input://net" {
			t.Fatalf("an event comes from %s", e.path)
		}
	}
}

func TestSpoolsAreDeletedWhenKafkaHasThem(t *testing.T) {
	b := newBench(t)
	addr := freeAddr()
	b.cfg.Inputs = []input.Config{{Name: "net", Kind: input.Syslog, Listen: []string{"tcp://" + addr}, SpoolBytes: 16 << 20}}
	b.collect("c", takes("net"))
	b.start()
	conn := b.dial("tcp", addr)
	want := messages(0, 12_000)
	for i := range want {
		want[i] += strings.Repeat("x", 2000)
	}
	text := joined(want) // more than the spool holds
	_, err := conn.Write([]byte(text))
	must(t, err)
	b.arrived(want)
	b.eventually(func() error {
		if left := len(b.spool("net")); left > 4<<20 {
			return fmt.Errorf("%d bytes are still in the spool", left)
		}
		return nil
	})
	beat := b.beat(func(a *status.Agent) bool { return len(a.Inputs) == 1 && a.Inputs[0].Received == uint64(len(want)) })
	if in := beat.Inputs[0]; in.ReceivedBytes != uint64(len(text)) || in.Dropped != 0 || in.SpoolBytes > in.SpoolLimit || in.LastError != "" {
		t.Errorf("%+v", in)
	}
	b.stop()
	b.start() // with files gone that its state knows
	b.dial("tcp", addr)
	b.settledFor(4)
	b.arrived(want)
	for _, gap := range b.mirror().gaps {
		if gap.Kind == record.Gap {
			t.Errorf("a gap: %+v", gap)
		}
	}
	b.clean()
}

func TestAnInputThatIsGoneIsShippedToItsEnd(t *testing.T) {
	b := newBench(t)
	addr := freeAddr()
	b.cfg.Inputs = []input.Config{{Name: "net", Kind: input.Syslog, Listen: []string{"tcp://" + addr}}}
	b.start() // no collection asks for it yet
	conn := b.dial("tcp", addr)
	want := messages(0, 100)
	_, err := conn.Write([]byte(joined(want)))
	must(t, err)
	b.spooled("net", want[99])
	b.stop()
	b.cfg.Inputs = nil
	b.collect("c", takes("net"))
	b.start()
	b.arrived(want)
	b.eventually(func() error {
		if left := b.spool("net"); left != "" {
			return fmt.Errorf("%d bytes are still there", len(left))
		}
		return nil
	})
}

// TestWhatHTTPAcknowledgedSurvivesKills: of each request that was answered with 200, all
// events arrive, once. What was under way at the kill was not acknowledged.
func TestWhatHTTPAcknowledgedSurvivesKills(t *testing.T) {
	b := newBench(t)
	addr := freeAddr()
	b.cfg.Inputs = []input.Config{{Name: "web", Kind: input.HTTP, Listen: []string{"http://" + addr}}}
	b.collect("c", takes("web"))
	acknowledged := map[string]bool{}
	for round := range 3 {
		kill := b.startChild()
		b.dial("tcp", addr).Close()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for i := 0; ; i++ {
				lines := numbered("request", 1_000_000*round+100*i, 100)
				resp, err := http.Post("http://"+addr, "text/plain", strings.NewReader(joined(lines)))
				if err != nil {
					return // killed
				}
				resp.Body.Close()
				for _, line := range lines {
					acknowledged[line] = resp.StatusCode == http.StatusOK
				}
			}
		}()
		b.spooled("web", fmt.Sprintf("request line %06d ", 1_000_000*round+1000))
		kill()
		<-ended
	}
	b.startChild()
	b.eventually(func() error {
		arrived := map[string]int{}
		for _, line := range b.mirror().lines() {
			arrived[line]++
		}
		for line, ok := range acknowledged {
			if n := arrived[line]; ok && n == 0 || n > 1 {
				return fmt.Errorf("%q arrived %d times", line, n)
			}
		}
		return nil
	})
	if len(acknowledged) < 3000 {
		t.Errorf("only %d lines were acknowledged", len(acknowledged))
	}
	b.clean()
}

// journalProgram reads entries as journalctl does: a file for each, its number being the
// cursor.
const journalProgram = `#!/bin/sh
i=0
for a in "$@"; do case $a in --after-cursor=*) i=${a#--after-cursor=};; esac; done
while kill -0 $PPID; do
	next=$((i + 1))
	if [ -f "$(dirname "$0")/$next" ]; then cat "$(dirname "$0")/$next" || exit; i=$next; else sleep 0.02; fi
done
`

func TestTheJournalSurvivesKills(t *testing.T) {
	b := newBench(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "journalctl")
	must(t, os.WriteFile(program, []byte(journalProgram), 0o700))
	b.cfg.Inputs = []input.Config{{Name: "journal", Kind: input.Journald, Journalctl: program}}
	b.collect("c", takes("journal"))
	var want []string
	for i := 1; i <= 240; i++ {
		temp := filepath.Join(dir, "new")
		must(t, os.WriteFile(temp, fmt.Appendf(nil, "__CURSOR=%d\nMESSAGE=entry %d\n_PID=7\n\n", i, i), 0o600))
		must(t, os.Rename(temp, filepath.Join(dir, fmt.Sprint(i))))
		want = append(want, fmt.Sprintf(`{"message":"entry %d","process.pid":7}`, i))
	}
	for _, until := range []int{5, 60, 150} {
		kill := b.startChild()
		b.spooled("journal", want[until])
		kill()
	}
	b.startChild()
	b.arrived(want)
	b.clean()
}

func TestInputsAreMeasured(t *testing.T) {
	b := newBench(t)
	addr := freeAddr()
	b.cfg.Inputs = []input.Config{{Name: "net", Kind: input.Syslog, Listen: []string{"tcp://" + addr}}}
	registry := prometheus.NewRegistry()
	b.startWith(agent.Deps{Registry: registry})
	_, err := b.dial("tcp", addr).Write([]byte("<13>one\n"))
	must(t, err)
	b.eventually(func() error {
		families, err := registry.Gather()
		if err != nil {
			return err
		}
		for _, f := range families {
			if f.GetName() == "millrace_agent_input_received_total" && f.GetMetric()[0].GetCounter().GetValue() == 1 {
				return nil
			}
		}
		return errors.New("no event is counted")
	})
}

// An input that no collection asks for says so, wherever one looks, until one does.
func TestAnInputThatNobodyAsksForSaysSo(t *testing.T) {
	b := newBench(t)
	addr := freeAddr()
	b.cfg.Inputs = []input.Config{{Name: "net", Kind: input.Syslog, Listen: []string{"tcp://" + addr}}}
	b.collect("other", nil, "*.log")
	b.start()
	x := b.explainer()
	_, err := b.dial("tcp", addr).Write([]byte("<13>one\n"))
	must(t, err)
	b.spooled("net", "<13>one")
	if e := x.want("input://net", status.NoCollection); !strings.Contains(e.Text, "8 bytes of ") {
		t.Errorf("%+v", e)
	}
	b.beat(func(a *status.Agent) bool {
		return len(a.Inputs) == 1 && a.Inputs[0].Collections == nil && a.Inputs[0].SpoolBytes == 8
	})
	b.collect("c", takes("net"))
	b.arrived([]string{"<13>one"})
	if e := x.want("input://net", status.Collected); !strings.HasPrefix(e.Collection, "c-") {
		t.Errorf("%+v", e)
	}
	b.beat(func(a *status.Agent) bool { return len(a.Inputs) == 1 && len(a.Inputs[0].Collections) == 1 })
}
