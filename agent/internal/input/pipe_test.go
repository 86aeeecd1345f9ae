package input

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLinesOfANamedPipeAreTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	must(t, unix.Mkfifo(path, 0o600))
	cfg := Config{Name: "in", Kind: Pipe, Path: path, MaxEventBytes: 1 << 10}
	b := newBench(t, cfg)
	b.address()
	var want strings.Builder
	for i := range 20 { // writers come and go
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		must(t, err)
		line := fmt.Sprintf("line %d\n", i)
		_, err = f.WriteString(line)
		must(t, err)
		must(t, f.Close())
		want.WriteString(line)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	_, err = f.WriteString("\n\r\n" + strings.Repeat("x", 2000) + "\n")
	must(t, err)
	want.WriteString(strings.Repeat("x", 1024) + "\n")
	b.want(want.String())
	_, err = f.WriteString("before the stop\n")
	must(t, err)
	b.stop()
	want.WriteString("before the stop\n")
	b.want(want.String())
	b.start(cfg)
	b.address()
	_, err = f.WriteString("after it\n")
	must(t, err)
	b.want(want.String() + "after it\n")
}

func TestWhatIsNoPipeIsToldAndNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte("text\n"), 0o600))
	b := newBench(t, Config{Name: "in", Kind: Pipe, Path: path})
	b.eventually(func() error {
		if st := b.status(); !strings.Contains(st.LastError, "not a named pipe") {
			return fmt.Errorf("the error is %q", st.LastError)
		}
		return nil
	})
	b.want("")
}
