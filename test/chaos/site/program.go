package site

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// again is the pause before a program that ended by itself is started again, as an
// init system would do.
const again = time.Second

// program is one process of ours. It is started again when it ends unless it was
// killed, and its own ends are counted: a role that ends because a server is away
// does not keep its promise.
type program struct {
	name string
	path string
	args []string
	log  string

	mu     sync.Mutex
	cmd    *exec.Cmd
	ended  chan struct{} // of the present process
	down   bool          // it was killed, or the site is closing
	ends   []string      // how it ended by itself
	memory int64         // the most that any of its processes held, in bytes
}

func newProgram(dir, name, path string, args ...string) *program {
	return &program{name: name, path: path, args: args, log: filepath.Join(dir, name+".log"), down: true}
}

// Launch starts the program if it does not run.
func (p *program) Launch() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.down {
		return nil
	}
	p.down = false
	return p.startLocked()
}

func (p *program) startLocked() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()                      // the child has its own
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // its life is not a call's
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error, 1), make(chan struct{})
	go func() { // ends with the child
		runtime.LockOSThread() // the kernel kills the child when this thread ends
		err := cmd.Start()
		started <- err
		if err == nil {
			err = cmd.Wait()
		}
		close(ended)
		p.over(cmd, err)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	p.cmd, p.ended = cmd, ended
	return nil
}

// over notes the end of a process, and starts another one if nobody wanted the end.
func (p *program) over(cmd *exec.Cmd, err error) {
	p.mu.Lock()
	wanted := p.down || p.cmd != cmd
	if !wanted {
		p.ends = append(p.ends, fmt.Sprintf("%s: %v: %s", time.Now().Format(time.TimeOnly), err, lastLine(p.log)))
	}
	p.mu.Unlock()
	if wanted {
		return
	}
	time.AfterFunc(again, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.down && p.cmd == cmd {
			_ = p.startLocked() // it ran before
		}
	})
}

// Kill ends the process as a power cut would, and waits for its end.
func (p *program) Kill() {
	p.sample()
	p.mu.Lock()
	p.down = true
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended before
		<-ended
	}
}

// Signal reaches the process if it runs.
func (p *program) Signal(s syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		return fmt.Errorf("%s does not run", p.name)
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, s); !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil // it is being started again
}

// sample reads how much memory the process holds, and returns it.
func (p *program) sample() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || p.cmd.Process == nil {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var now int64
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64) // other lines are no numbers
		switch key {
		case "VmHWM":
			p.memory = max(p.memory, kb<<10)
		case "VmRSS":
			now = kb << 10
		}
	}
	return now
}

// told is what a program's own ends and memory were.
func (p *program) told() (ends []string, memory int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ends, p.memory
}

// lastLine is the end of a log, for a report.
func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	text = bytes.TrimSpace(text[max(0, len(text)-4096):])
	return string(text[bytes.LastIndexByte(text, '\n')+1:])
}
