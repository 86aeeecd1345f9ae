package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/step"
)

// coreLines are parsed coreRounds times for the cost of a shape's pipeline alone, and
// once before.
const coreLines, coreRounds = 50_000, 9

// atlas is what the step geoip asks in this process.
type atlas struct{ set *geo.Set }

func (a atlas) Geo() *geo.Set           { return a.set }
func (a atlas) Table(string) step.Table { return nil }

// readAtlas reads the databases of places in a folder.
func readAtlas(dir string) (atlas, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.mmdb"))
	if err != nil || len(files) == 0 {
		return atlas{}, errors.Join(err, fmt.Errorf("no geo database in %q (make bench-processors fetches the free one)", dir))
	}
	var list []*geo.DB
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return atlas{}, err
		}
		db, err := geo.Open(data)
		if err != nil {
			return atlas{}, fmt.Errorf("%s: %w", file, err)
		}
		list = append(list, db)
	}
	return atlas{geo.NewSet(files, list)}, nil
}

// coreCost is what a shape's pipeline costs without all that is around it.
type coreCost struct {
	line time.Duration
	size int // of a document, in bytes
}

// core measures the shape's pipeline alone: the median of some rounds. Nothing else
// should run beside it, servers included.
func (s shape) core(places atlas) (coreCost, error) {
	p, problems := pipeline.Compile(json.RawMessage(s.pipeline), "pipeline")
	if p == nil {
		return coreCost{}, fmt.Errorf("%s: %v", s.name, problems)
	}
	now := time.Now()
	lines := make([][]byte, coreLines)
	for i := range lines {
		text := s.line(nil, i, now)
		lines[i] = text[:len(text)-1]
	}
	r := p.NewRunner().Use(places)
	in := pipeline.Input{
		At: now, Host: hotHost, Path: "/var/log/nginx/access.log", App: s.id(), Env: "prod", Collection: s.id(), Revision: "0123456789abcdef", AgentID: "k3v9x2m4q8w1",
	}
	var out []byte
	var size int
	round := func() error {
		size = 0
		for i, text := range lines {
			in.Message, in.Offset = text, uint64(i*200)
			var result pipeline.Result
			if out, result = r.Run(out[:0], &in); result.Failed {
				return fmt.Errorf("%s: %s: %s", s.name, text, result.Cause)
			}
			size += len(out)
		}
		return nil
	}
	if err := round(); err != nil {
		return coreCost{}, err
	}
	runtime.GC() // what the lines were made with
	var costs [coreRounds]time.Duration
	for i := range costs {
		began := ownCPU()
		if err := round(); err != nil {
			return coreCost{}, err
		}
		costs[i] = ownCPU() - began
	}
	slices.Sort(costs[:])
	return coreCost{line: costs[coreRounds/2] / coreLines, size: size / coreLines}, nil
}

// ownCPU is what this process has cost.
func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
