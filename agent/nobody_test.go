package agent_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/millrace/millrace/schemas/status"
)

// Ids that every Linux has: nobody, and a group that is not its own.
const (
	nobody = 65534
	adm    = 4
)

// An agent needs no root: it reads what a group of its may read, and says of the rest that
// it may not.
func TestAnAgentThatIsNobodyReadsWhatItsGroupMay(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start an agent as nobody: run this test as root")
	}
	b := newBench(t)
	root := filepath.Dir(b.logs)
	must(t, os.Chmod(filepath.Dir(root), 0o755)) // of the test's own folders
	must(t, os.Mkdir(b.cfg.StateDir, 0o700))
	must(t, os.Chown(b.cfg.StateDir, nobody, nobody))
	b.append("app.log", "one\ntwo\n")
	b.append("secret.log", "not for you\n")
	must(t, os.Chmod(b.path("secret.log"), 0o600))
	for _, path := range []string{b.logs, b.path("app.log")} {
		must(t, os.Chown(path, 0, adm))
	}
	must(t, os.Chmod(b.path("app.log"), 0o640))
	must(t, os.Chmod(b.logs, 0o750))
	b.collect("c", nil, "*.log")

	cmd := b.command()
	cmd.Path = readable(t, cmd.Path, root)
	cmd.Dir = root
	if config := filepath.Join(root, "agent.yaml"); built() != "" {
		must(t, os.Chmod(config, 0o644))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{adm}}}
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	b.arrived([]string{"one", "two"})
	b.append("app.log", "three\n")
	b.arrived([]string{"one", "two", "three"})
	b.beat(func(a *status.Agent) bool { return a.Totals.FilesRefused == 1 })
	if e := b.explainer().want(b.path("secret.log"), status.NoPermission); e.Collection == "" {
		t.Errorf("%+v", e)
	}
}

// readable is a copy of a program that everybody may run.
func readable(t *testing.T, program, dir string) string {
	t.Helper()
	in, err := os.Open(program)
	must(t, err)
	defer in.Close()
	path := filepath.Join(dir, "agent")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	must(t, err)
	_, err = io.Copy(out, in)
	must(t, err)
	must(t, out.Close())
	return path
}
