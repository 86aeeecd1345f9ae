package roster_test

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/standalone/etcdd"
	"github.com/millrace/millrace/schemas/member"
)

// A process that stands still has left, and is back once it goes on.
func TestAProcessThatStoodStillIsListedAgain(t *testing.T) {
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
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	var id string
	if _, err := fmt.Fscanln(out, &id); err != nil { // it leads
		t.Fatal(err)
	}
	signal := func(s os.Signal) {
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	listed(t, client, 0, 3*member.Lease)
	signal(syscall.SIGCONT)
	var again string
	if _, err := fmt.Fscanln(out, &again); err != nil || again != id { // it leads again
		t.Fatalf("%q leads, %v", again, err)
	}
	if all := listed(t, client, 1, member.Lease); all[0].ID != id || len(all[0].Leads) != 1 {
		t.Errorf("the roster is %+v", all)
	}
}

// What etcd lost, its members write anew.
func TestAMemberIsBackInAStoreThatLostItsData(t *testing.T) {
	server, cfg, client := serve(t)
	p := start(t, cfg, "indexer")
	await(t, "it leads", 10*time.Second, p.leading, true)
	server.Close()
	back, err := etcdd.Start(t.Context(), etcdd.Config{Dir: t.TempDir(), Port: server.Port()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(back.Close)
	if back.Port() != server.Port() {
		t.Skip("another process took the port")
	}
	await(t, "it has lost the duty", 2*member.Lease, p.leading, false)
	await(t, "it leads again", 2*member.Lease, p.leading, true)
	if all := listed(t, client, 1, member.Lease); all[0].ID != p.Self().ID || len(all[0].Leads) != 1 {
		t.Errorf("the roster is %+v", all)
	}
}
