package guide

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const root = "../.."

// block is one fenced block with what its output must contain.
type block struct {
	line  int
	info  string
	text  string
	wants []string
}

// blocks reads the fenced blocks of a document.
func blocks(t *testing.T, doc string) []block {
	t.Helper()
	var all []block
	var open *block
	for i, line := range strings.Split(doc, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && open == nil:
			open = &block{line: i + 1, info: fence}
		case isFence && open.info == "text":
			if len(all) == 0 {
				t.Fatalf("line %d: output without a command", open.line)
			}
			all[len(all)-1].wants = strings.Split(strings.TrimSpace(open.text), "\n")
			open = nil
		case isFence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return all
}

// reader follows the guide.
type reader struct {
	t      *testing.T
	bin    string
	places *strings.Replacer
}

func newReader(t *testing.T) *reader {
	t.Helper()
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "hello")
	build := exec.Command("go", "build", "-o", bin+"/", "./cmd/millrace", "./cmd/millrace-agent")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return &reader{t: t, bin: bin, places: strings.NewReplacer(
		"/tmp/hello", dir, "127.0.0.1:9090", freeAddress(t), "127.0.0.1:9091", freeAddress(t), "127.0.0.1:9190", freeAddress(t),
		"127.0.0.1:8088", freeAddress(t), "127.0.0.1:5140", freeAddress(t), "bin/millrace", bin+"/millrace")}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestEveryCommandDoesWhatItsDocumentSays(t *testing.T) {
	for _, doc := range []string{"guide.md", "inputs.md"} {
		t.Run(doc, func(t *testing.T) { follow(t, doc) })
	}
}

func follow(t *testing.T, name string) {
	t.Helper()
	for _, tool := range []string{"make", "curl", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("skipped: %s is not installed", tool)
		}
	}
	doc, err := os.ReadFile(filepath.Join(root, "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(t)
	all := blocks(t, string(doc))
	if len(all) < 5 {
		t.Fatalf("only %d blocks found", len(all))
	}
	for _, b := range all {
		switch b.info {
		case "sh", "sh again":
			r.run(b)
		case "sh stays":
			r.stay(b)
		case "yaml", "json": // shown, not run
		default:
			t.Errorf("line %d: nobody runs a block of %q", b.line, b.info)
		}
	}
}

// run runs a block until its output is as the guide says.
func (r *reader) run(b block) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := exec.CommandContext(ctx, "sh", "-euc", r.places.Replace(b.text)).CombinedOutput()
		missing := r.missing(b, string(out))
		if err == nil && missing == "" {
			return
		}
		repeatable := b.info == "sh again" || strings.HasPrefix(b.text, "curl")
		select {
		case <-tick.C:
		case <-ctx.Done():
			repeatable = false
		}
		if !repeatable {
			r.t.Fatalf("line %d: error %v, missing %q in\n%s", b.line, err, missing, out)
		}
	}
}

func (r *reader) missing(b block, out string) string {
	for _, want := range b.wants {
		if !strings.Contains(out, r.places.Replace(want)) {
			return want
		}
	}
	return ""
}

// stay starts a program that runs until the test ends, and waits until it can be used.
func (r *reader) stay(b block) {
	r.t.Helper()
	command := strings.TrimSpace(b.text)
	if strings.HasPrefix(command, "make run") {
		command = r.makeRun(command)
	}
	cmd := exec.Command("sh", "-euc", "exec "+r.places.Replace(command))
	log := filepath.Join(r.t.TempDir(), "log")
	out, err := os.Create(log)
	if err != nil {
		r.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ended by the cleanup
	r.t.Cleanup(func() { r.end(b, cmd, ended, log) })
	if strings.Contains(command, " servers ") {
		file := r.places.Replace("/tmp/hello/servers/servers.yaml")
		r.run(block{line: b.line, info: "sh again", text: fmt.Sprintf("test -s '%s'", file)})
	}
}

// end ends a program as Ctrl-C does, which must succeed in time.
func (r *reader) end(b block, cmd *exec.Cmd, ended <-chan error, log string) {
	_ = cmd.Process.Signal(syscall.SIGINT) // it may have ended, which is told below
	select {
	case err := <-ended:
		if err == nil {
			return
		}
		r.t.Errorf("line %d: ended with %v", b.line, err)
	case <-time.After(12 * time.Second):
		_ = cmd.Process.Kill()
		r.t.Errorf("line %d: did not end within 10 s; killed: %v", b.line, <-ended)
	}
	text, _ := os.ReadFile(log)
	r.t.Logf("%s\n%s", b.text, text)
}

// makeRun is the last command of `make run`, with data and address of the test.
func (r *reader) makeRun(command string) string {
	r.t.Helper()
	dry := exec.Command("sh", "-euc", strings.Replace(r.places.Replace(command), "make run", "make --no-print-directory -n run", 1)+
		" NONODE='not needed' HTTP="+r.places.Replace("127.0.0.1:9090")+" DATA="+r.t.TempDir()+"/data")
	dry.Dir = root
	out, err := dry.Output()
	if err != nil {
		r.t.Fatalf("%s: %v", command, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	up, ok := strings.CutPrefix(lines[len(lines)-1], "exec ")
	if !ok || !strings.HasPrefix(up, "bin/millrace up ") {
		r.t.Fatalf("make run ends with %q", lines[len(lines)-1])
	}
	return up
}
