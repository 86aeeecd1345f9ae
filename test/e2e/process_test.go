package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binaries is the folder of the built programs.
var binaries string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "millrace-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaries = dir
	build := exec.Command("go", buildArgs(dir)...)
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	if err := startReal(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if shared != nil {
		_ = shared.Close()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func buildArgs(dir string) []string {
	args := []string{"build", "-o", dir + string(filepath.Separator)}
	if raceEnabled {
		// The binaries run under the race detector too, and share the test's build cache.
		args = append(args, "-race")
	}
	return append(args, "./cmd/millrace", "./cmd/millrace-agent")
}

// process is one running program of ours.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout *bufio.Reader
	stderr *tailBuffer
	ended  chan struct{}
	err    error
}

// start runs a program and makes sure that it has ended when the test ends.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, stderr: &tailBuffer{}, ended: make(chan struct{})}
	p.cmd = exec.Command(filepath.Join(binaries, name), args...)
	p.cmd.Env = append(os.Environ(), "GORACE=halt_on_error=1")
	p.cmd.Stderr = p.stderr
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(pipe)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("last of %s %s:\n%s", name, strings.Join(args, " "), p.stderr)
		}
		if text := p.stderr.String(); strings.Contains(text, "DATA RACE") || strings.Contains(text, "panic:") {
			t.Errorf("%s: a race or panic:\n%s", name, text)
		}
	})
	return p
}

// line returns the next line of standard output, without waiting for ever.
func (p *process) line(within time.Duration) string {
	p.t.Helper()
	got := make(chan string, 1)
	go func() {
		text, err := p.stdout.ReadString('\n')
		if err != nil && err != io.EOF {
			text = err.Error()
		}
		got <- strings.TrimSuffix(text, "\n")
	}()
	select {
	case text := <-got:
		return text
	case <-time.After(within):
		p.t.Fatalf("no line on standard output within %s; standard error:\n%s", within, p.stderr)
		return ""
	}
}

// kill ends the process as a power cut would, and waits for its end.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended before
	<-p.ended
}

// stop asks the process to end and checks that it does so in time, with code 0.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
		if p.err != nil {
			p.t.Errorf("stopped with %v; standard error:\n%s", p.err, p.stderr)
		}
	case <-time.After(15 * time.Second): // 10 s are promised; the race detector is slow
		p.t.Errorf("did not stop; standard error:\n%s", p.stderr)
	}
}

// tailBuffer keeps the last 64 KiB that were written to it.
type tailBuffer struct {
	mu   sync.Mutex
	data []byte
}

func (b *tailBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data = append(b.data, p...)
	if over := len(b.data) - 64<<10; over > 0 {
		b.data = bytes.Clone(b.data[over:])
	}
	return len(p), nil
}

func (b *tailBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.data)
}
