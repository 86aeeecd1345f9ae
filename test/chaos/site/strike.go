package site

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/test/chaos/cut"
	"github.com/millrace/millrace/test/chaos/plan"
	"github.com/millrace/millrace/test/servers"
)

// sessionTimeout is the default one of processors and indexers.
const sessionTimeout = 10 * time.Second

// victim is a process that can be struck.
type victim struct {
	kill, pause, resume func() error
	launch              func(context.Context) error // returns when it serves
}

// Strike begins a fault. Edits are not for it: they go through the API.
func (s *Site) Strike(f plan.Fault) error {
	switch f.Kind {
	case plan.Kill, plan.Outage:
		return s.each(f.Target, func(v victim) error { return v.kill() })
	case plan.Pause:
		return s.each(f.Target, func(v victim) error { return v.pause() })
	case plan.Cut:
		return s.wire(f.Target).Set(cut.Mode(f.Mode))
	case plan.Answer:
		s.answers.Set(f.Mode)
		return nil
	case plan.Disk:
		return s.disks[f.Target.N].fill()
	}
	return fmt.Errorf("nobody knows how to %s", f)
}

// Heal ends a fault, and waits until servers that were killed serve again.
func (s *Site) Heal(ctx context.Context, f plan.Fault) error {
	switch f.Kind {
	case plan.Kill, plan.Outage:
		return s.each(f.Target, func(v victim) error { return v.launch(ctx) })
	case plan.Pause:
		return s.each(f.Target, func(v victim) error { return v.resume() })
	case plan.Cut:
		return s.wire(f.Target).Set(cut.Open)
	case plan.Answer:
		s.answers.Set("")
		return nil
	case plan.Disk:
		return s.disks[f.Target.N].clear()
	}
	return fmt.Errorf("nobody knows how to heal %s", f)
}

// each does something to the target, or to all of its role at once.
func (s *Site) each(t plan.Target, do func(victim) error) error {
	var all errgroup.Group
	for i, v := range s.victims(t.Role) {
		if t.N == i || t.N == plan.All {
			all.Go(func() error { return do(v) })
		}
	}
	return all.Wait()
}

func (s *Site) victims(role plan.Role) []victim {
	var all []victim
	for _, p := range s.programs[role] {
		all = append(all, victim{
			kill: func() error { p.Kill(); return nil }, launch: func(context.Context) error { return p.Launch() },
			pause: func() error { return p.Signal(syscall.SIGSTOP) }, resume: func() error { return p.Signal(syscall.SIGCONT) },
		})
	}
	cluster := map[plan.Role]*servers.Cluster{plan.Broker: s.Kafka.Cluster, plan.Etcd: s.Etcd.Cluster, plan.Search: s.Search.Cluster}[role]
	if cluster == nil {
		return all
	}
	for i := range cluster.Len() {
		all = append(all, victim{
			kill: func() error { cluster.Kill(i); return nil }, launch: func(ctx context.Context) error { return errors.Join(cluster.Launch(i), cluster.Ready(ctx, i)) },
			pause: func() error { return cluster.Pause(i) }, resume: func() error { return cluster.Resume(i) },
		})
	}
	return all
}

func (s *Site) wire(t plan.Target) *cut.Proxy {
	switch t.Role {
	case plan.Broker:
		return s.brokers[t.N]
	case plan.Etcd:
		return s.members[t.N]
	default:
		return s.search
	}
}

// Dead are the servers that do not run: after all faults are healed there is none.
func (s *Site) Dead() []string {
	var dead []string
	for name, cluster := range map[string]*servers.Cluster{"broker": s.Kafka.Cluster, "etcd": s.Etcd.Cluster, "search": s.Search.Cluster} {
		for i := range cluster.Len() {
			if !cluster.Alive(i) {
				dead = append(dead, fmt.Sprintf("%s %d, see %s", name, i+1, cluster.Log(i)))
			}
		}
	}
	return dead
}
