package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/pprof/profile"
)

// mergeCmd makes the profile that programs are built with (go build -pgo) of those
// that a measurement has written.
type mergeCmd struct {
	Out    string `required:"" help:"The profile to write."`
	Folder string `arg:"" help:"Folder of CPU profiles (*.pprof)."`
}

func (c *mergeCmd) run() error {
	files, err := filepath.Glob(filepath.Join(c.Folder, "*.pprof"))
	if err != nil || len(files) == 0 {
		return errors.Join(err, fmt.Errorf("no profiles (*.pprof) in %q", c.Folder))
	}
	var list []*profile.Profile
	for _, name := range files {
		p, err := readProfile(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		list = append(list, p)
	}
	merged, err := profile.Merge(list)
	if err != nil {
		return err
	}
	forget(merged)
	out, err := os.Create(c.Out)
	if err != nil {
		return err
	}
	return errors.Join(merged.Write(out), out.Close())
}

func readProfile(name string) (*profile.Profile, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return profile.Parse(f)
}

// forget removes what a compiler does not ask for: where and when it was measured, and
// the addresses that code had in those programs.
func forget(p *profile.Profile) {
	p.TimeNanos, p.DurationNanos, p.Comments = 0, 0, nil
	for _, m := range p.Mapping {
		m.File, m.BuildID = "", ""
	}
	for _, l := range p.Location {
		l.Address = 0
	}
}
