package input

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeJournal is a program that reads entries as journalctl does: a file for each, its
// number being the cursor.
const fakeJournal = `#!/bin/sh
i=0
for a in "$@"; do case $a in --after-cursor=*) i=${a#--after-cursor=};; esac; done
while :; do
	next=$((i + 1))
	if [ -f "$(dirname "$0")/$next" ]; then cat "$(dirname "$0")/$next"; i=$next; else sleep 0.05; fi
done
`

// fakeJournald is an input on a journal in a folder.
func fakeJournald(t *testing.T) (cfg Config, dir string) {
	t.Helper()
	dir = t.TempDir()
	program := filepath.Join(dir, "journalctl")
	must(t, os.WriteFile(program, []byte(fakeJournal), 0o700)) //nolint:gosec // it is run
	return Config{Name: "in", Kind: Journald, Journalctl: program}, dir
}

// entry adds an entry to the journal and returns the line that it becomes.
func entry(t *testing.T, dir string, n int) string {
	t.Helper()
	temp := filepath.Join(dir, "new")
	must(t, os.WriteFile(temp, fmt.Appendf(nil, "__CURSOR=%d\nMESSAGE=entry %d\nPRIORITY=6\n\n", n, n), 0o600))
	must(t, os.Rename(temp, filepath.Join(dir, fmt.Sprint(n))))
	return fmt.Sprintf(`{"log.level":"info","log.syslog.severity.code":6,"message":"entry %d"}`, n) + "\n"
}

func TestTheJournalIsReadOnAfterEveryStop(t *testing.T) {
	cfg, dir := fakeJournald(t)
	b := newBench(t, cfg)
	var want strings.Builder
	for i := 1; i <= 30; i++ {
		want.WriteString(entry(t, dir, i))
		if i%7 == 0 {
			b.want(want.String())
			b.stop()
			if i == 14 { // as if it were killed before it kept its position
				must(t, os.Remove(filepath.Join(b.dir, "in", "mark.json")))
			}
			b.start(cfg)
		}
	}
	b.want(want.String())
	if st := b.status(); st.LastError != "" {
		t.Error(st.LastError)
	}
}

func TestAJournalThatFailsIsToldAndTriedAgain(t *testing.T) {
	cfg, dir := fakeJournald(t)
	must(t, os.WriteFile(cfg.Journalctl, []byte("#!/bin/sh\necho no journal here >&2; exit 1\n"), 0o700)) //nolint:gosec // it is run
	b := newBench(t, cfg)
	b.eventually(func() error {
		if st := b.status(); !strings.Contains(st.LastError, "no journal here") {
			return fmt.Errorf("the error is %q", st.LastError)
		}
		return nil
	})
	temp := filepath.Join(dir, "program")
	must(t, os.WriteFile(temp, []byte(fakeJournal), 0o700)) //nolint:gosec // it is run
	must(t, os.Rename(temp, cfg.Journalctl))
	b.want(entry(t, dir, 1))
}
