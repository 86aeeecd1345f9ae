// Package follow keeps the collections of this host up to date with etcd, and a
// copy of the last good ones on disk.
//
// It only reads etcd. The host sees its collections at once at a start, from
// disk, whether etcd answers or not; what etcd says replaces them when it does. A
// value that cannot be read leaves the collection as it was and is reported; so does an
// etcd that has lost its data. Only a deletion, or another collection in its place, ends one.
// [Follower.Run] owns its goroutines.
package follow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/schemas/collect"
)

// Set is what this host has to collect.
type Set struct {
	// Revision is etcd's revision of it.
	Revision int64 `json:"revision"`
	// Views are the collections that select this host, by name.
	Views []collect.AgentView `json:"views"`
	// Others are the collections of other hosts, by name; unknown until etcd answers.
	Others []collect.AgentView `json:"-"`
	// Since is when each collection was first seen here, in Unix seconds: files
	// that are older are not new, wherever they were before.
	Since map[string]int64 `json:"since"`
	// Errors are the problems of single collections.
	Errors map[string]string `json:"-"`
}

// Follower follows etcd. Make it with New.
type Follower struct {
	cfg    etcd.Config
	host   string
	labels map[string]string
	path   string
	log    *slog.Logger
	tell   func(Set)
	asks   *requests
	last   map[string]collect.AgentView
	since  map[string]int64

	revision int64 // etcd's, of the last set
}

// New makes a follower that keeps its copy in dir and calls tell, from one
// goroutine, with each set that differs from the one before; and asked, from another,
// with each request to the agent id.
func New(cfg etcd.Config, host, id string, labels map[string]string, dir string, log *slog.Logger, tell func(Set), asked func(Asked)) *Follower {
	return &Follower{
		cfg: cfg, host: host, labels: labels, path: filepath.Join(dir, copyName),
		log: log, tell: tell, asks: newRequests(id, log, asked), last: map[string]collect.AgentView{}, since: map[string]int64{},
	}
}

// lostData is the problem of collections that etcd no longer has although nobody deleted them.
const lostData = "etcd has lost its data, and this collection with it; it is collected as it was until one is published again"

// copyName is the file with the copy.
const copyName = "collections.json"

// HasCopy reports whether dir holds a copy of collections.
func HasCopy(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, copyName))
	return err == nil
}

const (
	dialFirst = time.Second
	dialMost  = 30 * time.Second
)

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) error {
	f.restore()
	for pause := dialFirst; ; pause = min(2*pause, dialMost) {
		client, err := etcd.Dial(ctx, f.cfg, f.log)
		if err == nil {
			err = f.both(ctx, client)
			return errors.Join(ctx.Err(), ignoreCanceled(client.Close()), ignoreCanceled(err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.log.Warn("etcd cannot be reached; going on with the last good collections", "error", err)
		if !sleep.For(ctx, pause) {
			return ctx.Err()
		}
	}
}

// both follows the collections and the requests until ctx ends.
func (f *Follower) both(ctx context.Context, client *clientv3.Client) error {
	var g errgroup.Group
	g.Go(func() error { return etcd.Follow(ctx, f.cfg, client, collect.KeyAgentCollections, f.log, f.adopt) })
	g.Go(func() error { return etcd.Follow(ctx, f.cfg, client, f.asks.prefix, f.log, f.asks.take) })
	return g.Wait()
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// restore tells of the copy on disk. No copy is no trouble.
func (f *Follower) restore() {
	b, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var set Set
	if err == nil {
		err = json.Unmarshal(b, &set)
	}
	if err != nil {
		f.log.Warn("the copy of the collections cannot be read; waiting for etcd", "path", f.path, "error", err)
		return
	}
	set.Views = slices.DeleteFunc(set.Views, func(v collect.AgentView) bool { return !v.Select.Covers(f.host, f.labels) })
	for _, v := range set.Views {
		f.last[v.Name] = v
	}
	maps.Copy(f.since, set.Since)
	f.revision = set.Revision
	f.tell(set)
}

// adopt turns the keys of etcd into a set, tells it and keeps it.
func (f *Follower) adopt(state etcd.State) {
	if len(state.Values) == 0 && state.Revision < f.revision {
		f.outlive(state.Revision)
		return
	}
	f.revision = state.Revision
	set := Set{Revision: state.Revision, Errors: map[string]string{}}
	next := map[string]collect.AgentView{}
	for key, value := range state.Values {
		name := strings.TrimPrefix(key, collect.KeyAgentCollections)
		view, err := collect.DecodeAgentView(value)
		if err != nil || view.Name != name {
			set.Errors[name] = fmt.Sprintf("its config cannot be read: %v", err)
			old, known := f.last[name]
			if !known {
				continue
			}
			view = &old
		}
		if view.Select.Covers(f.host, f.labels) {
			next[name] = *view
		} else {
			set.Others = append(set.Others, *view)
		}
	}
	set.Views = sorted(next)
	slices.SortFunc(set.Others, byName)
	f.last = next
	set.Since = f.first(set.Views)
	f.tell(set)
	if err := f.keep(set); err != nil {
		f.log.Error("the collections cannot be kept for the next start", "error", err)
	}
}

// outlive goes on with the last good collections: an empty store of a lower revision has
// lost its data, and nobody has decided that nothing is to be collected. Each collection
// tells of it, until one is published again.
func (f *Follower) outlive(revision int64) {
	f.log.Error("etcd has lost its data; going on with the last good collections until one is published", "revision", revision, "before", f.revision)
	set := Set{Revision: f.revision, Views: sorted(f.last), Since: maps.Clone(f.since), Errors: map[string]string{}}
	for name := range f.last {
		set.Errors[name] = lostData
	}
	f.tell(set)
}

func sorted(views map[string]collect.AgentView) []collect.AgentView {
	return slices.SortedFunc(maps.Values(views), byName)
}

func byName(a, b collect.AgentView) int { return strings.Compare(a.Name, b.Name) }

// first keeps when each of the collections was first seen.
func (f *Follower) first(views []collect.AgentView) map[string]int64 {
	since := make(map[string]int64, len(views))
	for _, v := range views {
		at, known := f.since[v.Name]
		if !known {
			at = time.Now().Unix()
		}
		since[v.Name] = at
	}
	f.since = since
	return maps.Clone(since)
}

// keep replaces the copy on disk in one step.
func (f *Follower) keep(set Set) error {
	b, err := json.MarshalIndent(set, "", "  ")
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	temp := f.path + ".new"
	if err := writeSynced(temp, b); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	if err := os.Rename(temp, f.path); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	return nil
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
