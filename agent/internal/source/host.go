package source

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// machineIDs are where systemd, dbus and most container images keep it.
var machineIDs = []string{"/etc/machine-id", "/var/lib/dbus/machine-id"}

// HostID is the id of this host: given, if it is not empty; else the one stored
// in dir; else one made from the machine id and the host name alone, so that a
// lost folder gives the same id again. The result is stored in dir.
func HostID(dir, given, host string) (string, error) {
	path := filepath.Join(dir, "host_id")
	stored, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("host id: %w", err)
	}
	id := given
	if id == "" {
		id = strings.TrimSpace(string(stored))
	}
	if id == "" {
		id = mint(machineID(), host)
	}
	if id == strings.TrimSpace(string(stored)) {
		return id, nil
	}
	if err := os.WriteFile(path, []byte(id+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("host id: %w", err)
	}
	return id, nil
}

func machineID() string {
	for _, path := range machineIDs {
		if b, err := os.ReadFile(path); err == nil && len(b) > 0 {
			return strings.TrimSpace(string(b))
		}
	}
	return ""
}

// mint hashes the machine id, which systemd asks not to be shown as it is.
func mint(machine, host string) string {
	sum := sha256.Sum256([]byte("millrace host\x00" + machine + "\x00" + host))
	return hex.EncodeToString(sum[:12])
}
