package agent

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/agent/internal/input"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/problems"
)

// Config is all that an agent is told from outside. What it collects is not in
// here: that comes from etcd.
type Config struct {
	// Host is the name of this host: the key of all its records.
	Host string `koanf:"host" yaml:"host"`
	// HostID names this host for ever, whatever its name is. Empty: the one that
	// was used before, else one made from the machine id and the host name.
	HostID string `koanf:"host_id" yaml:"host_id"`
	// Labels are what the selectors of collections can ask for.
	Labels map[string]string `koanf:"labels" yaml:"labels"`
	// StateDir holds what must outlive a restart. One agent at a time.
	StateDir string `koanf:"state_dir" yaml:"state_dir"`
	// AllowPaths are globs of the files that may be read at all, whatever the
	// collections say. They hold for the path and for what it resolves to.
	AllowPaths []string `koanf:"allow_paths" yaml:"allow_paths"`
	// ScanEvery is how often the globs are searched for what change notices
	// missed.
	ScanEvery time.Duration `koanf:"scan_every" yaml:"scan_every"`
	// MemoryLimit is how many bytes of memory the process should stay below, if the
	// agent is alone in it. UnackedBytes of them may be read and not yet acknowledged;
	// 0: a sixth. Beyond that reading waits.
	MemoryLimit  int64 `koanf:"memory_limit" yaml:"memory_limit"`
	UnackedBytes int   `koanf:"unacked_bytes" yaml:"unacked_bytes"`
	// CPULimit is how many cores the process should take at most, such as 0.2, if the
	// agent is alone in it. Beyond that reading waits, and nothing is dropped. 0: any.
	CPULimit float64 `koanf:"cpu_limit" yaml:"cpu_limit"`
	// OpenFiles bounds the files held open.
	OpenFiles int `koanf:"open_files" yaml:"open_files"`
	// DeletedFiles and DeletedBytes bound the deleted files that are held open because
	// they are not read to their end, as while Kafka is down: how many there are, and
	// what they take of the disk. Beyond that the oldest is given up as a gap.
	DeletedFiles int   `koanf:"deleted_files" yaml:"deleted_files"`
	DeletedBytes int64 `koanf:"deleted_bytes" yaml:"deleted_bytes"`
	// Grace is how long a file that was renamed or deleted is still watched after
	// its last change.
	Grace time.Duration `koanf:"grace" yaml:"grace"`
	// Inputs are ways in besides files: syslog, HTTP and others. Collections ask for
	// them by name.
	Inputs []input.Config `koanf:"inputs" yaml:"inputs"`

	Kafka kafka.Config `koanf:"kafka" yaml:"kafka"`
	Etcd  etcd.Config  `koanf:"etcd" yaml:"etcd"`

	// Shared says that the agent is not alone in its process. CPULimit, which looks at
	// the whole process, does not hold then, and beats tell nothing of what it takes.
	Shared bool `koanf:"-" yaml:"-"`
	// Version is the program's version, as beats tell it.
	Version string `koanf:"-" yaml:"-"`
}

// Bounds of what can be asked for.
const (
	minMemory    = 24 << 20 // what the program needs besides its buffers, and some
	minUnacked   = 1 << 20  // four full records: less would ship one by one
	minCPU       = 0.01
	minOpenFiles = 16
	minScan      = 100 * time.Millisecond
	maxHost      = 253 // the longest DNS name; part of every record's key
)

// Default is a configuration that lacks only addresses.
func Default() Config {
	host, err := os.Hostname()
	if err != nil {
		host = "" // Validate asks for it by name
	}
	return Config{
		Host:        host,
		StateDir:    "/var/lib/millrace-agent",
		AllowPaths:  []string{"/var/log/**"},
		ScanEvery:   10 * time.Second,
		MemoryLimit: 96 << 20,
		CPULimit:    1,
		OpenFiles:   8192,
		Grace:       10 * time.Second,

		DeletedFiles: 1024,
		DeletedBytes: 8 << 30,
	}
}

// Validate reports every problem, each beginning with the path of its key. It
// touches nothing outside c.
func (c *Config) Validate() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if c.Host == "" || len(c.Host) > maxHost || strings.ContainsFunc(c.Host, func(r rune) bool { return r <= ' ' }) {
		bad("host", "must be 1 to %d characters without blanks, is %q", maxHost, c.Host)
	}
	if len(c.HostID) > maxHost {
		bad("host_id", "must be at most %d characters", maxHost)
	}
	if c.StateDir == "" {
		bad("state_dir", "must name a folder")
	}
	if len(c.AllowPaths) == 0 {
		bad("allow_paths", "must hold at least one glob, or no file may be read")
	}
	for i, glob := range c.AllowPaths {
		if !strings.HasPrefix(glob, "/") || !doublestar.ValidatePattern(glob) {
			bad(fmt.Sprintf("allow_paths[%d]", i), "must be a valid glob of absolute paths, is %q", glob)
		}
	}
	if c.ScanEvery < minScan {
		bad("scan_every", "must be at least %s, is %s", minScan, c.ScanEvery)
	}
	if c.MemoryLimit < minMemory {
		bad("memory_limit", "must be at least %d, is %d", minMemory, c.MemoryLimit)
	}
	if c.UnackedBytes != 0 && c.UnackedBytes < minUnacked {
		bad("unacked_bytes", "must be 0, which is a sixth of memory_limit, or at least %d, is %d", minUnacked, c.UnackedBytes)
	}
	if c.CPULimit != 0 && (c.CPULimit < minCPU || math.IsInf(c.CPULimit, 0) || math.IsNaN(c.CPULimit)) {
		bad("cpu_limit", "must be 0, which is no limit, or at least %g cores, is %g", minCPU, c.CPULimit)
	}
	if c.OpenFiles < minOpenFiles {
		bad("open_files", "must be at least %d, is %d", minOpenFiles, c.OpenFiles)
	}
	if c.DeletedFiles < 0 {
		bad("deleted_files", "must not be negative, is %d", c.DeletedFiles)
	}
	if c.DeletedBytes < 0 {
		bad("deleted_bytes", "must not be negative, is %d", c.DeletedBytes)
	}
	if c.Grace < 0 {
		bad("grace", "must not be negative, is %s", c.Grace)
	}
	errs = append(errs, input.Validate(c.Inputs), problems.Under("kafka", c.Kafka.Validate()), problems.Under("etcd", c.Etcd.Validate()))
	return errors.Join(errs...)
}

// HasWorked reports whether an agent with this state folder has been told before
// what to collect.
func (c *Config) HasWorked() bool { return follow.HasCopy(c.StateDir) }
