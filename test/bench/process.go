package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a program under measurement.
type process struct {
	cmd    *exec.Cmd
	stdout *bufio.Reader
	addr   string // of its metrics
}

// spawn starts a program. What it logs is shown only when it fails.
func spawn(ctx context.Context, name string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	log, err := os.CreateTemp("", "bench-*.log")
	if err != nil {
		return nil, err
	}
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w (make build first)", name, err)
	}
	return &process{cmd: cmd, stdout: bufio.NewReader(out)}, nil
}

// line is the next line of standard output.
func (p *process) line() (string, error) {
	text, err := p.stdout.ReadString('\n')
	if err != nil {
		log, _ := os.ReadFile(p.cmd.Stderr.(*os.File).Name())
		return "", fmt.Errorf("%s ended: %w\n%s", p.cmd.Path, err, log)
	}
	return strings.TrimSpace(text), nil
}

// usage is what a process has cost since it began.
type usage struct {
	cpu time.Duration
	rss int64 // the most it held, in bytes
}

func (p *process) usage() (usage, error) {
	// The CPU clock of another process, as clock_getcpuclockid makes its number.
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^p.cmd.Process.Pid<<3|2), &used); err != nil {
		return usage{}, fmt.Errorf("CPU time of %s: %w", p.cmd.Path, err)
	}
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return usage{}, err
	}
	u := usage{cpu: time.Duration(used.Nano())}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			u.rss = kb << 10
			return u, err
		}
	}
	return u, fmt.Errorf("%s: no VmHWM", p.cmd.Path)
}

// metric sums a metric of the process over its labels.
func (p *process) metric(ctx context.Context, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.addr+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "identity") // compressing would cost the process most of it
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	var sum float64
	for line := range strings.Lines(string(body)) {
		full, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if base, _, _ := strings.Cut(full, "{"); !ok || base != name {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

// Reading all metrics costs the process about 2 ms, which is measured with it. The
// first lines are waited for more closely, so that most are left to measure.
const (
	startPoll = 20 * time.Millisecond
	pollEvery = 250 * time.Millisecond
)

// progress says how many lines are done by now.
type progress func(context.Context) (float64, error)

// counted is what a metric of the process counts: nothing while it does not serve yet.
func (p *process) counted(metric string) progress {
	return func(ctx context.Context) (float64, error) {
		got, err := p.metric(ctx, metric)
		if err != nil && ctx.Err() == nil {
			return 0, nil
		}
		return got, err
	}
}

// await waits until so much is done, and returns how much is.
func (done progress) await(ctx context.Context, every time.Duration, want float64) (got float64, err error) {
	err = poll(ctx, every, stageMost, func() (bool, error) {
		got, err = done(ctx)
		return got >= want, err
	})
	return got, err
}

// stop ends the process and waits for it.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// poll asks until it is done.
func poll(ctx context.Context, every, most time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
