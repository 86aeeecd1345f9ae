package agent_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/input"
)

// sendEvery is between two bursts of a sender that goes on whatever becomes of the agent.
const sendEvery = 2 * time.Millisecond

// killedWhile starts the agent some times and kills it while send is called again and
// again with the number of the burst. It returns the whole lines that were ever seen in
// the input's spool: those were accepted.
func (b *bench) killedWhile(name string, send func(burst int)) (accepted map[string]bool) {
	b.t.Helper()
	accepted = map[string]bool{}
	look := func() {
		text := b.spool(name)
		whole := text[:strings.LastIndexByte(text, '\n')+1]
		for line := range strings.Lines(whole) {
			accepted[strings.TrimSuffix(line, "\n")] = true
		}
	}
	burst := 0
	for range 3 {
		kill := b.startChild()
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			tick := time.NewTicker(sendEvery)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					send(burst)
					burst++
				}
			}
		}()
		before := len(accepted)
		b.eventually(func() error {
			if look(); len(accepted) < before+500 {
				return fmt.Errorf("%d lines were accepted", len(accepted)-before)
			}
			return nil
		})
		kill()
		look()
		close(stop)
		<-ended
	}
	b.startChild()
	return accepted
}

// once waits until each of these lines has arrived, and checks that no line at all
// arrived twice.
func (b *bench) once(accepted map[string]bool) {
	b.t.Helper()
	b.eventually(func() error {
		arrived := map[string]int{}
		for _, line := range b.mirror().lines() {
			if arrived[line]++; arrived[line] > 1 {
				return fmt.Errorf("%.200q arrived %d times", line, arrived[line])
			}
		}
		for line := range accepted {
			if arrived[line] == 0 {
				return fmt.Errorf("%.200q is missing, %d of %d arrived", line, len(arrived), len(accepted))
			}
		}
		return nil
	})
	b.clean()
}

func TestDatagramsInTheSpoolSurviveKills(t *testing.T) {
	b := newBench(t)
	addr := freeAddr()
	b.cfg.Inputs = []input.Config{{Name: "net", Kind: input.Syslog, Listen: []string{"udp://" + addr}}}
	b.collect("c", takes("net"))
	conn, err := net.Dial("udp", addr)
	must(t, err)
	defer conn.Close()
	b.once(b.killedWhile("net", func(burst int) {
		for i := range 10 {
			_, _ = fmt.Fprintf(conn, "<13>1 2026-11-22T23:00:00Z host app - - - datagram %06d", 10*burst+i) // refused while nobody listens
		}
	}))
}

func TestLinesOfAPipeInTheSpoolSurviveKills(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(b.logs, "pipe")
	must(t, unix.Mkfifo(path, 0o600))
	b.cfg.Inputs = []input.Config{{Name: "fifo", Kind: input.Pipe, Path: path}}
	b.collect("c", takes("fifo"))
	f, err := os.OpenFile(path, os.O_RDWR, 0) // it stays open over the kills, as that of a program would
	must(t, err)
	defer f.Close()
	must(t, unix.SetNonblock(int(f.Fd()), true))
	b.once(b.killedWhile("fifo", func(burst int) {
		var text strings.Builder
		for i := range 10 {
			// A kill loses the front of a line that was read in part. The number stands at the
			// end, so that what is left of two lines is not the same.
			fmt.Fprintf(&text, "line of the pipe with the number %06d\n", 10*burst+i)
		}
		_, _ = unix.Write(int(f.Fd()), []byte(text.String())) // it takes all, or nothing while it is full
	}))
}

// TestRecordsOfOTLPThatWereAcknowledgedSurviveKills: of each request that was answered
// with 200, all records arrive, once.
func TestRecordsOfOTLPThatWereAcknowledgedSurviveKills(t *testing.T) {
	b := newBench(t)
	addr := freeAddr()
	b.cfg.Inputs = []input.Config{{Name: "otel", Kind: input.HTTP, Listen: []string{"http://" + addr}}}
	b.collect("c", takes("otel"))
	acknowledged := map[string]bool{}
	accepted := b.killedWhile("otel", func(burst int) {
		var records []string
		var names []string
		for i := range 20 {
			name := fmt.Sprintf("record %06d", 20*burst+i)
			names = append(names, name)
			records = append(records, fmt.Sprintf(`{"timeUnixNano":"1795392000000000000","body":{"stringValue":%q}}`, name))
		}
		body := `{"resourceLogs":[{"scopeLogs":[{"logRecords":[` + strings.Join(records, ",") + `]}]}]}`
		resp, err := http.Post("http://"+addr+"/v1/logs", "application/json", strings.NewReader(body))
		if err != nil {
			return // nobody listens, or it was killed
		}
		resp.Body.Close()
		for _, name := range names {
			acknowledged[name] = resp.StatusCode == http.StatusOK
		}
	})
	b.once(accepted)
	arrived := strings.Join(b.mirror().lines(), "\n")
	n := 0
	for name, ok := range acknowledged {
		if ok {
			n++
		}
		if got := strings.Count(arrived, `"`+name+`"`); ok && got != 1 {
			t.Errorf("%s was acknowledged and arrived %d times", name, got)
		}
	}
	if n < 1000 {
		t.Errorf("only %d records were acknowledged", n)
	}
}
