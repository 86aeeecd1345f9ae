package frame

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/schemas/collect"
)

// casesEnv names the folder of recorded cases. Its folder streams holds files whose events
// are known, and check_streams.py compares.
const casesEnv = "MILLRACE_CASES"

// howOf is how a collection of such a stream would be read.
func howOf(format string) collect.Reading {
	if pattern, ok := strings.CutPrefix(format, "start pattern "); ok {
		return collect.Reading{Multiline: multi500(collect.ModeStart, pattern)}
	}
	switch {
	case format == "cri", format == "docker", format == "docker_cri_chain":
		return collect.Reading{Container: collect.AutoContainer}
	case strings.HasPrefix(format, "issue_3817"):
		return collect.Reading{Container: collect.AutoContainer, Multiline: multi500(collect.ModeStart, `^\[`)}
	case format == "endswith":
		m := multi500(collect.ModeEnd, `\\$`)
		m.Negate = true
		return collect.Reading{Multiline: m}
	case format == "java", format == "python", format == "go":
		return collect.Reading{Multiline: preset(format)}
	case format == "cassandra":
		return collect.Reading{Multiline: multi500(collect.ModeStart, `^(TRACE|DEBUG|INFO|WARN|ERROR)\s+\[`)}
	case format == "mysql_slow":
		return collect.Reading{Multiline: multi500(collect.ModeStart, `^# (Time|User@Host): `)}
	case format == "json_lines":
		return collect.Reading{Multiline: multi500(collect.ModeStart, `^\{`)}
	case format == "ruby":
		return collect.Reading{Multiline: multi500(collect.ModeContinuation, `^\s+(from |\d+: from)`)}
	}
	return collect.Reading{Multiline: multi500(collect.ModeStart, `^\[?\d{4}-\d\d-\d\d[ T]`)} // loggers that begin with a time
}

func multi500(mode collect.MultilineMode, pattern string) *collect.Multiline {
	m := multi(mode, pattern)
	m.MaxLines = collect.DefaultMaxLines
	return m
}

// TestStreamsOfSeveralLines scores the framing on streams that other projects recorded.
func TestStreamsOfSeveralLines(t *testing.T) {
	folder := os.Getenv(casesEnv)
	if folder == "" {
		t.Skipf("set %s to the folder of recorded cases to run this test", casesEnv)
	}
	found, err := filepath.Glob(filepath.Join(folder, "streams", "*.json"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no streams in %s, error %v", folder, err)
	}
	right := 0
	for _, path := range found {
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		if t.Run(name, func(t *testing.T) { scoreStream(t, filepath.Join(folder, "check_streams.py"), path) }) {
			right++
		}
	}
	t.Logf("%d of %d streams are right", right, len(found))
}

func scoreStream(t *testing.T, checker, path string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var stream struct{ Format string }
	if err := json.Unmarshal(b, &stream); err != nil {
		t.Fatal(err)
	}
	input, err := exec.Command("python3", checker, "--emit", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	how := howOf(stream.Format)
	r := reader{t: t, framer: framer(t, &how, "")}
	var out bytes.Buffer
	for _, event := range r.read(input, whole) {
		line, err := json.Marshal(textOf(how.Container, event))
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	events := filepath.Join(t.TempDir(), "events")
	if err := os.WriteFile(events, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if verdict, err := exec.Command("python3", checker, "--check", path, "--events", events).Output(); err != nil {
		t.Errorf("%v: %s", err, verdict)
	}
}

// textOf is what the container wrote, as the format of its wrapping gives it.
func textOf(c collect.Container, event string) string {
	w := unwrap(c, []byte(event))
	if c == "" || w.stream == bare {
		return event
	}
	var docker struct{ Log string }
	if event[0] == '{' && json.Unmarshal([]byte(event), &docker) == nil {
		return docker.Log
	}
	return event[w.from:]
}
