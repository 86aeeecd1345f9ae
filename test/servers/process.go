package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	// startLimit bounds the start of a process on a busy machine.
	startLimit = 3 * time.Minute
	// stopLimit is how long a process may take for an orderly end.
	stopLimit = 20 * time.Second
	// nobody is the user that servers which refuse root run as.
	nobody = 65534
)

// program is how to run one server process, and how to see that it is ready.
type program struct {
	name string
	path string
	args []string
	env  []string // besides this process's own
	log  string   // file that takes standard output and error
	// marker is the text in the log that says the server is ready.
	marker string
	// probe is asked after the marker was seen, until it returns nil; nil asks nothing.
	probe func(context.Context) error
	// noRoot runs the program as nobody when we are root.
	noRoot bool
}

// process is a program that was started. Its end closes ended.
type process struct {
	program
	cmd   *exec.Cmd
	from  int64 // where this run's part of the log begins
	ended chan struct{}
	err   error // valid once ended is closed
}

// launch starts a program without waiting until it is ready.
func launch(p program) (*process, error) {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own descriptor
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	r := &process{program: p, from: from, ended: make(chan struct{})}
	r.cmd = p.command()
	r.cmd.Stdout, r.cmd.Stderr = log, log
	started := make(chan error, 1)
	go func() { // ends with the child
		// The kernel's watch on the parent is a watch on this thread: it must live as
		// long as the child. It ends with the goroutine because it is never unlocked.
		runtime.LockOSThread()
		err := r.cmd.Start()
		started <- err
		if err == nil {
			r.err = r.cmd.Wait()
		}
		close(r.ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return r, nil
}

// command is the program as a child that dies with us.
func (p program) command() *exec.Cmd {
	attributes := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if p.noRoot && os.Geteuid() == 0 {
		attributes.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	cmd := exec.Command(p.path, p.args...) //nolint:noctx // its life is not a call's
	cmd.Env = append(os.Environ(), p.env...)
	cmd.SysProcAttr = attributes
	return cmd
}

// ready waits until the server serves. Its error holds the end of the log.
func (r *process) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	marked := false
	var last error
	for {
		if !marked {
			marked = bytes.Contains(r.said(), []byte(r.marker))
		}
		if marked {
			if r.probe == nil {
				return nil
			}
			if last = r.probe(ctx); last == nil {
				return nil
			}
		}
		select {
		case <-r.ended:
			return fmt.Errorf("%s ended (%v):\n%s", r.name, r.err, r.tail()) //nolint:errorlint // the exit is told, not examined
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s is not ready:\n%s", r.name, r.tail()), context.Cause(ctx), last)
		case <-tick.C:
		}
	}
}

// said is what this run wrote to the log.
func (r *process) said() []byte {
	text, err := os.ReadFile(r.log)
	if err != nil || int64(len(text)) < r.from {
		return nil
	}
	return text[r.from:]
}

func (r *process) tail() []byte {
	text := r.said()
	return text[max(0, len(text)-4<<10):]
}

func (r *process) alive() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// signal reaches the process and all that it started.
func (r *process) signal(s syscall.Signal) error {
	if !r.alive() {
		return fmt.Errorf("%s has ended", r.name)
	}
	return syscall.Kill(-r.cmd.Process.Pid, s)
}

// kill ends the process as a power cut would, and waits for its end.
func (r *process) kill() {
	_ = r.signal(syscall.SIGKILL) // it may have ended before
	<-r.ended
}

// stop asks for an orderly end and kills when that takes too long.
func (r *process) stop() {
	_ = r.signal(syscall.SIGTERM) // it may have ended before
	select {
	case <-r.ended:
	case <-time.After(stopLimit):
		r.kill()
	}
}
