package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/test/servers"
)

// world is the servers and the admin that a shape is measured against.
type world struct {
	o      options
	dir    string
	config string // of the servers
	admin  string // address
	procs  []*process
	real   *servers.Set // nil: embedded ones
	// publish tells a host's agent what to collect, where there is no admin.
	publish func(ctx context.Context, host, glob string) error
	// fleetLines are all lines that the fleet has written, warm-up included.
	fleetLines int
}

// newWorld starts servers in processes of their own, embedded or real ones, and an
// admin.
func newWorld(ctx context.Context, o options) (*world, error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return nil, err
	}
	w := &world{o: o, dir: dir, config: filepath.Join(dir, "data", "servers.yaml")}
	if err := os.Mkdir(w.logs(), 0o755); err != nil {
		return nil, err
	}
	if o.Real {
		err = w.startReal(ctx)
	} else {
		err = w.startEmbedded(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	admin, err := w.spawn(ctx, "millrace", "admin", "--config", w.config, "--http", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w.admin, err = readyAddress(admin)
	return w, err
}

func (w *world) startEmbedded(ctx context.Context) error {
	p, err := w.spawn(ctx, "millrace", "servers", "--data", filepath.Join(w.dir, "data"))
	if err != nil {
		return err
	}
	for range 4 { // kafka, etcd, elasticsearch, config
		if _, err := p.line(); err != nil {
			return err
		}
	}
	return nil
}

// optimising are the flags of a JVM that is worth its whole compiler: tests, which end
// soon, do without.
var optimising = []string{"-XX:TieredStopAtLevel=4"}

// startReal starts Apache Kafka, etcd and Elasticsearch, one of each.
func (w *world) startReal(ctx context.Context) (err error) {
	fmt.Fprintln(os.Stderr, "starting Kafka, etcd and Elasticsearch…")
	if w.real, err = servers.StartSet(ctx, servers.SetOptions{Kafka: servers.KafkaOptions{JVM: optimising}}); err != nil {
		return err
	}
	w.config = filepath.Join(w.dir, "servers.yaml")
	return w.real.WriteConfig(w.config)
}

func readyAddress(p *process) (string, error) {
	text, err := p.line()
	if err != nil {
		return "", err
	}
	address, ok := strings.CutPrefix(text, "ready ")
	if !ok {
		return "", fmt.Errorf("not ready: %q", text)
	}
	return address, nil
}

func (w *world) logs() string { return filepath.Join(w.dir, "logs") }

// spawn starts a program that lives as long as the world.
func (w *world) spawn(ctx context.Context, name string, args ...string) (*process, error) {
	p, err := spawn(ctx, filepath.Join(w.o.Bin, name), args...)
	if err == nil {
		w.procs = append(w.procs, p)
	}
	return p, err
}

// close ends everything and removes the data.
func (w *world) close() error {
	var errs []error
	for i := len(w.procs) - 1; i >= 0; i-- {
		errs = append(errs, w.procs[i].stop())
	}
	if w.real != nil {
		errs = append(errs, w.real.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}

// collect publishes a collection of one host for the measurement, or of all hosts for
// the host "*", and returns its revision.
func collect(ctx context.Context, admin, host, paths string) (revision.ID, error) {
	return publish(ctx, admin, strings.ReplaceAll(host, "*", "all"), "shop", host, paths, `[{"format":"nginx.access"}]`)
}

// publish tells an admin of a collection, and returns its revision.
func publish(ctx context.Context, admin, name, app, host, paths, pipeline string) (revision.ID, error) {
	body := fmt.Sprintf(`{"app":%q,"select":{"hosts":[%q]},"paths":[%q],"pipeline":%s}`, app, host, paths, pipeline)
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, admin+"/api/v1/collections/"+name, strings.NewReader(body))
	if err != nil {
		return revision.ID{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return revision.ID{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // as much as there is
		return revision.ID{}, fmt.Errorf("PUT collection: %s: %s", resp.Status, text)
	}
	return revision.Parse(strings.Trim(resp.Header.Get("ETag"), `"`))
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
