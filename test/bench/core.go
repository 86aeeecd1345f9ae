package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/step"
)

// coreLines are parsed for the cost of a shape's pipeline alone, coreWarm before.
const coreLines, coreWarm = 200_000, 50_000

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

// core is what the shape's pipeline costs for each line without all that is around it,
// and how many bytes a document has.
func (s shape) core(places atlas) (cost time.Duration, size int, err error) {
	p, problems := pipeline.Compile(json.RawMessage(s.pipeline), "pipeline")
	if p == nil {
		return 0, 0, fmt.Errorf("%s: %v", s.name, problems)
	}
	lines := make([][]byte, coreLines+coreWarm)
	now := time.Now()
	for i := range lines {
		text := s.line(nil, i, now)
		lines[i] = text[:len(text)-1]
	}
	r := p.NewRunner().Use(places)
	in := pipeline.Input{
		At: now, Host: hotHost, Path: "/var/log/nginx/access.log", App: s.id(), Env: "prod", Collection: s.id(), Revision: "0123456789abcdef", AgentID: "k3v9x2m4q8w1",
	}
	var out []byte
	var began time.Duration
	for i, text := range lines {
		if i == coreWarm {
			began = ownCPU()
		}
		in.Message, in.Offset = text, uint64(i*200)
		var result pipeline.Result
		if out, result = r.Run(out[:0], &in); result.Failed {
			return 0, 0, fmt.Errorf("%s: %s: %s", s.name, text, result.Cause)
		}
		size += len(out)
	}
	return (ownCPU() - began) / coreLines, size / len(lines), nil
}

// ownCPU is what this process has cost.
func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
