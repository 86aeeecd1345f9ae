package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write golden files anew")

// asMillrace makes the test binary be millrace, so that the real commands run.
const asMillrace = "BE_MILLRACE"

func TestMain(m *testing.M) {
	if os.Getenv(asMillrace) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(t *testing.T, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(append(os.Environ(), asMillrace+"=1"), environ...)
	return cmd
}

// outcome runs millrace to its end.
func outcome(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	cmd := command(t, environ, args...)
	cmd.Stdout, cmd.Stderr = &out, &err
	var exit *exec.ExitError
	if e := cmd.Run(); e != nil && !errors.As(e, &exit) {
		t.Fatal(e)
	}
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

func TestHelpReadsAsReviewed(t *testing.T) {
	for name, args := range map[string][]string{
		"millrace": {}, "up": {"up"}, "servers": {"servers"}, "demo": {"demo"}, "agent": {"agent"},
		"processor": {"processor"}, "indexer": {"indexer"}, "admin": {"admin"}, "raw-cat": {"raw", "cat"},
		"validate": {"validate"}, "try": {"try"}, "test": {"test"}, "suggest": {"suggest"}, "publish": {"publish"},
	} {
		t.Run(name, func(t *testing.T) {
			code, got, stderr := outcome(t, nil, append(args, "--help")...)
			if code != 0 || stderr != "" {
				t.Fatalf("exit code %d, standard error %q", code, stderr)
			}
			golden := filepath.Join("testdata", "help", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("read it, then run with -update. Error %v, got\n%s", err, got)
			}
			for line := range strings.Lines(got) {
				if len(line) > 81 {
					t.Errorf("wider than 80 columns: %q", line)
				}
			}
		})
	}
}

func TestVersionIsOneLine(t *testing.T) {
	code, out, _ := outcome(t, nil, "version")
	if code != 0 || !strings.HasPrefix(out, "millrace ") || strings.Count(out, "\n") != 1 {
		t.Errorf("exit code %d, %q", code, out)
	}
}

func TestMisuseIsOneLineAndExitCode2(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an unknown flag":    {[]string{"up", "--htpt=x"}, `unknown flag --htpt, did you mean`},
		"an unknown command": {[]string{"upp"}, "millrace --help"},
		"no command":         {nil, "millrace --help"},
		"a missing flag":     {[]string{"demo"}, "--logs"},
		"no number":          {[]string{"demo", "--logs=x", "--rate=fast"}, "--rate"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, stderr := outcome(t, nil, c.args...)
			if code != 2 || out != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, standard output %q, standard error %q", code, out, stderr)
			}
		})
	}
}

func TestAValueThatCannotBeIsOneLineThatNamesItsKey(t *testing.T) {
	logs := filepath.Join(t.TempDir(), "logs")
	for want, args := range map[string][]string{
		"--rate: ":             {"demo", "--logs", logs, "--rate=0"},
		"--history: ":          {"demo", "--logs", logs, "--history=-5m"},
		"log.level: ":          {"agent", "--log-level=loud"},
		"agent.scan_every: ":   {"agent", "--set=agent.scan_every=often"},
		"agent.scan_evry: ":    {"agent", "--set=agent.scan_evry=1s"},
		"brokers: unknown key": {"processor", "--set=brokers=a:1"},
	} {
		code, out, stderr := outcome(t, nil, args...)
		if code != 1 || out != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "millrace: "+want) {
			t.Errorf("%v: exit code %d, standard output %q, standard error %q", args, code, out, stderr)
		}
	}
	if code, _, stderr := outcome(t, nil, "processor"); code != 1 || !strings.HasPrefix(stderr, "millrace: processor: kafka.brokers: ") {
		t.Errorf("without brokers: exit code %d, standard error %q", code, stderr)
	}
}

func TestWhatUpCannotHaveIsOneLineThatNamesTheFlag(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	held := t.TempDir()
	lock, err := os.Create(filepath.Join(held, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ http, data, token, want string }{
		"a port in use":           {http: taken.Addr().String(), want: "--http " + taken.Addr().String() + ": another program has this address"},
		"an address of others":    {http: "192.0.2.1:80", want: "--http 192.0.2.1:80: "},
		"a data folder in use":    {data: held, want: held + " is in use by another millrace: stop it, or choose another folder with --data"},
		"a data folder that fits": {data: file + "/data", want: "--data: "},
		"a data folder of others": {data: filepath.Dir(file), want: "holds files that are not Millrace's, such as file"},
		"no such token file":      {token: file + "-none", want: "--token: open " + file + "-none"},
		"a token too short":       {token: file, want: "token"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"up", "--http", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--log-level=error"}
			for flag, value := range map[string]string{"--http": c.http, "--data": c.data, "--token": c.token} {
				if value != "" {
					args = append(args, flag, value)
				}
			}
			code, out, stderr := outcome(t, nil, args...)
			if code != 1 || out != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d, standard output %q, standard error %q", code, out, stderr)
			}
		})
	}
}

func TestUpNamesTheSettingsThatItDecidesByItself(t *testing.T) {
	environ := []string{"MILLRACE_ETCD_ENDPOINTS=b:1"}
	_, _, stderr := outcome(t, environ, "up", "--http", "192.0.2.1:1", "--data", filepath.Join(t.TempDir(), "data"), "--set", "kafka.brokers=a:1")
	if !strings.Contains(stderr, `no effect" settings="etcd, kafka"`) {
		t.Errorf("standard error %q", stderr)
	}
}

func TestAFlagWinsOverTheEnvironmentOverTheFile(t *testing.T) {
	config := filepath.Join(t.TempDir(), "millrace.yaml")
	if err := os.WriteFile(config, []byte("admin: {http: 192.0.2.1:1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	file := []string{"up", "--data", data, "--config", config}
	environ := []string{"MILLRACE_ADMIN_HTTP=192.0.2.1:2"}
	for want, run := range map[string]func() (int, string, string){
		"--http 192.0.2.1:1: ": func() (int, string, string) { return outcome(t, nil, file...) },
		"--http 192.0.2.1:2: ": func() (int, string, string) { return outcome(t, environ, file...) },
		"--http 192.0.2.1:3: ": func() (int, string, string) { return outcome(t, environ, append(file, "--http", "192.0.2.1:3")...) },
	} {
		if code, _, stderr := run(); code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("exit code %d, standard error %q, want %q", code, stderr, want)
		}
	}
}

func TestUpSaysReadyFirstGreetsAndStopsWithOneLine(t *testing.T) {
	// All addresses, as in a container: none of them is "[::]".
	cmd := command(t, nil, "up", "--demo", "--samples", "--http", ":0", "--data", filepath.Join(t.TempDir(), "data"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(pipe)
	first, err := out.ReadString('\n')
	if err != nil || !strings.HasPrefix(first, "ready http://127.0.0.1:") {
		t.Fatalf("first line %q, error %v\n%s", first, err, &stderr)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	rest, _ := io.ReadAll(out)
	if err := cmd.Wait(); err != nil || len(rest) > 0 {
		t.Errorf("error %v, more on standard output: %q", err, rest)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the stop took %s", took)
	}
	text := stderr.String()
	if strings.Contains(text, "could not be published") || strings.Count(text, "stopping:") != 1 || strings.Contains(text, "\x1b") {
		t.Errorf("standard error:\n%s", text)
	}
}

func TestUpTellsAMistakeOfAllRolesOnce(t *testing.T) {
	code, _, stderr := outcome(t, nil, "up", "--data", t.TempDir(), "--set", "kafka.listen=x", "--set", "agent.hots=y")
	if code == 0 || strings.Count(stderr, "kafka.listen: unknown key") != 1 || strings.Count(stderr, "agent.hots: unknown key") != 1 {
		t.Errorf("exit code %d, standard error:\n%s", code, stderr)
	}
}
