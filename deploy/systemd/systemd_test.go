// Package systemd holds the unit of the agent. It has no code; its tests ask systemd
// what it thinks of the unit.
package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const unit = "millrace-agent.service"

// maxExposure is the worst that systemd-analyze may say of the unit, of 10.
const maxExposure = 2.0

func analyze(t *testing.T, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("SKIPPED: systemd-analyze is not here, so the unit was not checked")
	}
	out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
	if strings.Contains(string(out), "Failed to initialize path lookup") || strings.Contains(string(out), "Operation not permitted") {
		t.Skipf("SKIPPED: systemd-analyze cannot run here: %s", out)
	}
	return string(out), err
}

func TestSystemdUnderstandsTheUnit(t *testing.T) {
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable() // verify wants a program that is there
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, unit)
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/millrace-agent", program)), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := analyze(t, "verify", "--man=no", path)
	if err != nil || strings.Contains(out, unit) {
		t.Errorf("%s, error %v", out, err)
	}
}

func TestTheUnitIsHardened(t *testing.T) {
	out, err := analyze(t, "security", "--offline=true", "--no-pager", unit)
	if err != nil {
		t.Skipf("SKIPPED: systemd-analyze cannot rate units here: %s", out)
	}
	found := regexp.MustCompile(`exposure level for \S+: ([0-9.]+)`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no rating in\n%s", out)
	}
	if rating, err := strconv.ParseFloat(found[1], 64); err != nil || rating > maxExposure {
		t.Errorf("the exposure is %s, more than %.1f", found[1], maxExposure)
	}
	t.Logf("exposure %s of 10", found[1])
}
