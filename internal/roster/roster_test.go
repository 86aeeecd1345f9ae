package roster_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/roster"
	"github.com/millrace/millrace/internal/standalone/etcdd"
	"github.com/millrace/millrace/schemas/member"
)

// childEnv makes the test binary be one member that leads and waits to be killed.
const childEnv = "ROSTER_CHILD"

func TestMain(m *testing.M) {
	if addr := os.Getenv(childEnv); addr != "" {
		child(addr)
		return
	}
	goleak.VerifyTestMain(m)
}

func child(addr string) {
	r := roster.New(etcd.Config{Endpoints: []string{addr}}, "indexer", "", nil)
	go func() { _ = r.Run(context.Background()) }() // ended by the kill
	r.Lead(context.Background(), member.Upkeep, func(ctx context.Context) {
		fmt.Println(r.Self().ID)
		<-ctx.Done()
	})
}

func serve(t *testing.T) (*etcdd.Server, etcd.Config, *clientv3.Client) {
	t.Helper()
	s, err := etcdd.Start(t.Context(), etcdd.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	client, err := etcd.Dial(t.Context(), s.Etcd(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return s, s.Etcd(), client
}

// process is a process of a role that would do a duty.
type process struct {
	*roster.Roster
	leading chan bool // true when it begins to lead, false when it ends
	stop    func()
}

func start(t *testing.T, cfg etcd.Config, role string) *process {
	t.Helper()
	p := &process{Roster: roster.New(cfg, role, "h:1", nil), leading: make(chan bool, 100)}
	ctx, cancel := context.WithCancel(context.Background())
	run, lead := make(chan error, 1), make(chan struct{})
	go func() { run <- p.Run(ctx) }()
	go func() {
		defer close(lead)
		p.Lead(ctx, member.Upkeep, func(ctx context.Context) {
			p.leading <- true
			<-ctx.Done()
			p.leading <- false
		})
	}()
	p.stop = func() {
		cancel()
		if err := <-run; err != nil {
			t.Errorf("Run: %v", err)
		}
		<-lead
	}
	t.Cleanup(p.stop0)
	return p
}

func (p *process) stop0() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

func await(t *testing.T, what string, within time.Duration, from <-chan bool, want bool) {
	t.Helper()
	select {
	case got := <-from:
		if got != want {
			t.Fatalf("%s: got %v", what, got)
		}
	case <-time.After(within):
		t.Fatalf("%s: not within %v", what, within)
	}
}

// listed waits until the roster shows as many members, and returns it.
func listed(t *testing.T, client *clientv3.Client, n int, within time.Duration) []roster.Entry {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(within); ; {
		all, err := roster.List(t.Context(), client)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == n {
			return all
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the roster is %+v, want %d members", all, n)
		}
	}
}

func TestAStopHandsTheDutyOverAtOnce(t *testing.T) {
	_, cfg, client := serve(t)
	first := start(t, cfg, "indexer")
	await(t, "the first leads", 10*time.Second, first.leading, true)
	second := start(t, cfg, "indexer")
	all := listed(t, client, 2, 10*time.Second)
	for _, e := range all {
		leads := e.ID == first.Self().ID
		if e.Member != first.Self() && e.Member != second.Self() || (len(e.Leads) == 1) != leads {
			t.Errorf("listed %+v", e)
		}
	}
	began := time.Now()
	first.stop0()
	await(t, "the first ends its work", time.Second, first.leading, false)
	await(t, "the second leads", member.Lease/2, second.leading, true)
	t.Logf("handed over within %v", time.Since(began))
	if left := listed(t, client, 1, time.Second); left[0].ID != second.Self().ID {
		t.Errorf("%+v is left", left)
	}
}

func TestAKilledLeaderIsGoneWithItsLeaseAndTheNextTakesOver(t *testing.T) {
	_, cfg, client := serve(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+cfg.Endpoints[0])
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var id string
	if _, err := fmt.Fscanln(out, &id); err != nil { // it leads
		t.Fatal(err)
	}
	next := start(t, cfg, "indexer")
	listed(t, client, 2, 10*time.Second)
	began := time.Now()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	await(t, "the next leads", 2*member.Lease, next.leading, true)
	t.Logf("taken over %v after the kill", time.Since(began))
	if left := listed(t, client, 1, time.Second); left[0].ID != next.Self().ID || left[0].Leads[0] != member.Upkeep {
		t.Errorf("%+v is left", left)
	}
}

func TestALeaderCutOffFromEtcdStopsAndComesBack(t *testing.T) {
	_, cfg, client := serve(t)
	way := newWay(t, cfg.Endpoints[0])
	p := start(t, etcd.Config{Endpoints: []string{way.addr}}, "indexer")
	await(t, "it leads", 10*time.Second, p.leading, true)
	way.shut()
	await(t, "its work ends", 2*member.Lease, p.leading, false)
	listed(t, client, 0, 2*member.Lease)
	way.open(t)
	await(t, "it leads again", 2*member.Lease, p.leading, true)
	listed(t, client, 1, time.Second)
}

// way is a TCP proxy.
type way struct {
	addr, to string
	ln       net.Listener
	closed   chan struct{}
}

func newWay(t *testing.T, to string) *way {
	t.Helper()
	w := &way{addr: "127.0.0.1:0", to: to}
	w.open(t)
	t.Cleanup(w.shut)
	return w
}

func (w *way) open(t *testing.T) {
	t.Helper()
	ln, err := net.Listen("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	w.ln, w.addr, w.closed = ln, ln.Addr().String(), make(chan struct{})
	go w.serve(ln, w.closed)
}

func (w *way) serve(ln net.Listener, closed chan struct{}) {
	for {
		in, err := ln.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		go func() { <-closed; _ = in.Close(); _ = out.Close() }()
		go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
		go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
	}
}

func (w *way) shut() {
	select {
	case <-w.closed:
	default:
		_ = w.ln.Close()
		close(w.closed)
	}
}
