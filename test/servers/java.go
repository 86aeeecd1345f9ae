package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

const (
	// kafkaJava is what Kafka and Elasticsearch need.
	kafkaJava = 17
	// openSearchJava is what OpenSearch 3 needs.
	openSearchJava = 21
)

// ErrMissing means that this machine lacks what a server needs; the text says what
// to install.
var ErrMissing = errors.New("cannot run here")

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// javaHome finds a JDK of at least a version: JAVA_HOME, then the java of the path,
// then Debian's usual places, the oldest that will do.
func javaHome(ctx context.Context, least int) (string, error) {
	homes := []string{os.Getenv("JAVA_HOME")}
	if path, err := exec.LookPath("java"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			homes = append(homes, filepath.Dir(filepath.Dir(path)))
		}
	}
	usual, err := filepath.Glob("/usr/lib/jvm/*")
	if err != nil {
		return "", err
	}
	slices.Sort(usual)
	for _, home := range append(homes, usual...) {
		if home != "" && version(ctx, home) >= least {
			return home, nil
		}
	}
	return "", fmt.Errorf("%w: no Java %d or newer: apt-get install openjdk-%d-jdk-headless, or set JAVA_HOME", ErrMissing, least, least)
}

// version is the major version of the JDK in a folder, 0 when there is none.
func version(ctx context.Context, home string) int {
	out, err := exec.CommandContext(ctx, filepath.Join(home, "bin", "java"), "-version").CombinedOutput()
	if err != nil {
		return 0
	}
	m := javaVersion.FindSubmatch(out)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return 0
	}
	return n
}

// run runs a tool to its end; its error holds what the tool said.
func run(ctx context.Context, dir, path string, args ...string) error {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(path), err, bytes.TrimSpace(out[max(0, len(out)-4<<10):]))
	}
	return nil
}
