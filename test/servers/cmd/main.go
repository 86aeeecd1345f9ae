// Command cmd starts real servers to work against, and stops them.
//
//	up     start them behind this terminal, and say how to reach them
//	down   stop them and remove their data
//	run    what up starts: serve until a signal comes
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/millrace/millrace/test/servers"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("say up, down or run")
	}
	dir, err := servers.Cache()
	if err != nil {
		return err
	}
	// What runs now: its process, what it said, and how to reach it.
	place := place(filepath.Join(dir, "up"))
	switch args[0] {
	case "up":
		return place.up(args[1:])
	case "down":
		return place.down()
	case "run":
		return place.run(args[1:])
	}
	return fmt.Errorf("%q is none of up, down and run", args[0])
}

// place is the folder of the servers that are up.
type place string

func (p place) file(name string) string { return filepath.Join(string(p), name) }

// up starts this program again as run, and waits until that has said that all serve.
func (p place) up(args []string) error {
	if pid, err := p.pid(); err == nil && syscall.Kill(pid, 0) == nil {
		return errors.New("servers are up already: make servers-down stops them")
	}
	if err := os.RemoveAll(string(p)); err != nil {
		return err
	}
	if err := os.MkdirAll(string(p), 0o755); err != nil {
		return err
	}
	log, err := os.Create(p.file("log"))
	if err != nil {
		return err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// A copy: go run removes its own when up ends.
	program := p.file("servers")
	text, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	if err := os.WriteFile(program, text, 0o755); err != nil {
		return err
	}
	cmd := exec.Command(program, append([]string{"run"}, args...)...) //nolint:noctx // it outlives us
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	fmt.Println("starting; the first time fetches about 200 MB")
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := os.WriteFile(p.file("pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return p.ready(ended)
}

// ready waits for the guide that run writes when all serve.
func (p place) ready(ended <-chan error) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		if guide, err := os.ReadFile(p.file("guide")); err == nil {
			fmt.Print(string(guide))
			return nil
		}
		select {
		case err := <-ended:
			said, readErr := os.ReadFile(p.file("log"))
			return fmt.Errorf("%s: %w", said, errors.Join(err, readErr))
		case <-tick.C:
		}
	}
}

func (p place) down() error {
	pid, err := p.pid()
	if err != nil {
		return errors.New("no servers are up")
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 300 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return os.RemoveAll(string(p))
		}
		<-tick.C
	}
	return fmt.Errorf("process %d does not end", pid)
}

func (p place) pid() (int, error) {
	text, err := os.ReadFile(p.file("pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

// run serves until a signal comes.
func (p place) run(args []string) error {
	var o servers.SetOptions
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.IntVar(&o.Kafka.Nodes, "brokers", 1, "Kafka brokers")
	flags.IntVar(&o.Etcd.Members, "members", 1, "etcd members")
	flags.BoolVar(&o.Kafka.Secure, "secure", false, "TLS and passwords for Kafka and etcd")
	flags.BoolVar(&o.Search.OpenSearch, "opensearch", false, "OpenSearch instead of Elasticsearch")
	flags.IntVar(&o.Partitions, "partitions", 0, "of every topic")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.Etcd.Secure = o.Kafka.Secure
	o.Kafka.Dir, o.Etcd.Dir, o.Search.Dir = p.file("kafka"), p.file("etcd"), p.file("search")
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	set, err := servers.StartSet(ctx, o)
	if err != nil {
		return err
	}
	defer set.Close()
	config := p.file("servers.yaml")
	if err := set.WriteConfig(config); err != nil {
		return err
	}
	guide := fmt.Sprintf(`kafka          %s
etcd           %s
elasticsearch  %s
config         %s

  bin/millrace admin     --config %[4]s
  bin/millrace processor --config %[4]s --state-dir /tmp/millrace-processor
  bin/millrace indexer   --config %[4]s
  bin/millrace agent     --config %[4]s --state-dir /tmp/millrace-agent --allow-paths '/var/log/**'

make servers-down stops them and removes their data
`, strings.Join(set.Kafka.Config().Brokers, ","), strings.Join(set.Etcd.Config().Endpoints, ","), set.Search.URL(), config)
	if err := os.WriteFile(p.file("guide.new"), []byte(guide), 0o644); err != nil {
		return err
	}
	if err := os.Rename(p.file("guide.new"), p.file("guide")); err != nil {
		return err
	}
	<-ctx.Done()
	return set.Close()
}
