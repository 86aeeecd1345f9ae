package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// Cluster is a set of server processes that belong together, numbered from 0. Its
// methods are safe for concurrent use; those that name a node do not wait for those
// that name another.
type Cluster struct {
	dir   string // programs' data, configuration and logs
	keep  bool   // the caller named dir
	nodes []*node
}

// node is one server that may run or not; its ports and its data stay.
type node struct {
	program program
	mu      sync.Mutex
	run     *process // nil before the first start
}

// newCluster makes the folder of a cluster: dir, or a new one that Close removes.
func newCluster(dir, kind string) (*Cluster, error) {
	c := &Cluster{dir: dir, keep: dir != ""}
	if c.keep {
		return c, os.MkdirAll(dir, 0o755)
	}
	var err error
	c.dir, err = os.MkdirTemp("", "millrace-"+kind+"-")
	if err != nil {
		return nil, err
	}
	return c, os.Chmod(c.dir, 0o755) // for servers that run as nobody
}

// start runs all nodes at once and waits until each is ready.
func (c *Cluster) start(ctx context.Context) error {
	for i := range c.nodes {
		if err := c.launch(i); err != nil {
			return err
		}
	}
	for _, n := range c.nodes {
		if err := n.process().ready(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) launch(i int) error {
	n := c.nodes[i]
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.run != nil && n.run.alive() {
		return fmt.Errorf("%s runs already", n.program.name)
	}
	run, err := launch(n.program)
	if err != nil {
		return err
	}
	n.run = run
	return nil
}

func (n *node) process() *process {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.run
}

// Len is the number of nodes, running or not.
func (c *Cluster) Len() int { return len(c.nodes) }

// Dir is where the cluster keeps configuration, data and logs.
func (c *Cluster) Dir() string { return c.dir }

// Alive reports whether a node's process runs (a paused one does).
func (c *Cluster) Alive(i int) bool { return c.nodes[i].process().alive() }

// Kill ends a node with SIGKILL and returns when it has ended. A node that has ended
// already is no error.
func (c *Cluster) Kill(i int) { c.nodes[i].process().kill() }

// Stop asks a node for an orderly end and waits for it.
func (c *Cluster) Stop(i int) { c.nodes[i].process().stop() }

// Pause freezes a node with SIGSTOP: its connections stay open and nothing comes.
func (c *Cluster) Pause(i int) error { return c.nodes[i].process().signal(syscall.SIGSTOP) }

// Resume ends a pause.
func (c *Cluster) Resume(i int) error { return c.nodes[i].process().signal(syscall.SIGCONT) }

// Launch starts a node that has ended, on its ports and data, without waiting until
// it serves.
func (c *Cluster) Launch(i int) error { return c.launch(i) }

// Restart starts a node again on its ports and data and waits until it serves. One
// that still runs is killed first.
func (c *Cluster) Restart(ctx context.Context, i int) error {
	c.Kill(i)
	if err := c.launch(i); err != nil {
		return err
	}
	return c.Ready(ctx, i)
}

// Ready waits until a node serves.
func (c *Cluster) Ready(ctx context.Context, i int) error { return c.nodes[i].process().ready(ctx) }

// Log is the file that takes what a node says.
func (c *Cluster) Log(i int) string { return c.nodes[i].program.log }

// Close kills every node and removes the cluster's data, unless its folder was
// named by the caller. It may be called twice.
func (c *Cluster) Close() error {
	for _, n := range c.nodes {
		if run := n.process(); run != nil {
			run.kill()
		}
	}
	if c.keep {
		return nil
	}
	return os.RemoveAll(c.dir)
}

// fail is how a start ends that did not succeed.
func (c *Cluster) fail(err error) error { return errors.Join(err, c.Close()) }

// write writes a file under the cluster's folder and returns its path.
func (c *Cluster) write(name, text string) (string, error) {
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte(text), 0o644)
}

const (
	// Ports lie below those that the kernel gives to outgoing connections, so that
	// nobody takes the port of a node while it is down.
	firstPort, lastPort = 15000, 32000
)

var ports struct {
	sync.Mutex
	next int
}

// freePorts finds ports on which nobody listens; no two calls in one process
// return the same.
func freePorts(n int) ([]int, error) {
	ports.Lock()
	defer ports.Unlock()
	if ports.next == 0 { // processes that run at the same time begin elsewhere
		ports.next = firstPort + os.Getpid()*61%(lastPort-firstPort)
	}
	var found []int
	for range lastPort - firstPort {
		if len(found) == n {
			return found, nil
		}
		port := ports.next
		if ports.next++; ports.next >= lastPort {
			ports.next = firstPort
		}
		l, err := net.Listen("tcp", address(port)) //nolint:noctx // returns at once
		if err != nil {
			continue
		}
		if err := l.Close(); err == nil {
			found = append(found, port)
		}
	}
	return nil, errors.New("no free ports on 127.0.0.1")
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
