package input

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// A spool that stays full does not keep the agent from ending. What is in the pipe then stays
// there for as long as somebody has it open.
func TestAStopEndsThoughTheSpoolIsFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	must(t, unix.Mkfifo(path, 0o600))
	b := newBench(t, Config{Name: "in", Kind: Pipe, Path: path, SpoolBytes: minSpool})
	b.address()
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_NONBLOCK, 0)
	must(t, err)
	defer f.Close()
	must(t, f.SetWriteDeadline(time.Now().Add(patience)))
	written := make(chan error, 1)
	go func() { // ends when the pipe is closed
		line := strings.Repeat("x", 1000) + "\n"
		for {
			if _, err := f.WriteString(line); err != nil {
				written <- err
				return
			}
		}
	}()
	b.eventually(func() error {
		if st := b.status(); st.SpoolBytes < st.SpoolLimit-2000 {
			return fmt.Errorf("the spool holds %d of %d bytes", st.SpoolBytes, st.SpoolLimit)
		}
		return nil
	})
	ended := make(chan struct{})
	go func() { defer close(ended); b.stop() }()
	select {
	case <-ended:
	case <-time.After(patience):
		b.ship() // so that the test ends
		t.Error("it does not end")
	}
	must(t, f.Close())
	if err := <-written; err == nil {
		t.Error("the writer ended by itself")
	}
}
