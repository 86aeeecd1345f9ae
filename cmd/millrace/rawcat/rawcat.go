// Package rawcat is `millrace raw cat`: it reads the raw topic from its oldest
// record to what is its end when it starts, and prints the lines, the
// manifests, or rebuilds the files. It writes nothing to Kafka and commits no
// offset, so it may be run at any time.
package rawcat

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// Cmd prints raw records or rebuilds files from them.
type Cmd struct {
	process.Common
	Host     string `placeholder:"GLOB" help:"Only records of these hosts."`
	Path     string `placeholder:"GLOB" help:"Only segments of these files."`
	Manifest bool   `xor:"form" help:"Print one JSON object for each segment instead of the lines."`
	Rebuild  string `xor:"form" placeholder:"DIR" help:"Rebuild the files under DIR/HOST/PATH~SOURCE.GENERATION instead."`
}

// sink takes the segments of the topic in order.
type sink interface {
	take(m *record.Manifest, s *record.Segment, body []byte) error
	close() error
}

// Run reads the topic once.
func (c *Cmd) Run(ctx context.Context, env *process.Env) error {
	for _, glob := range []string{c.Host, c.Path} {
		if !doublestar.ValidatePattern(glob) {
			return fmt.Errorf("%q is not a valid glob", glob)
		}
	}
	var cfg struct {
		Kafka kafka.Config `koanf:"kafka"`
	}
	if err := c.Source(env, nil).Load("agent", &cfg); err != nil {
		return err
	}
	out := c.sink(env.Stdout)
	err := scan(ctx, cfg.Kafka, topic.Raw, func(value []byte, header func(string) []byte) error {
		return c.record(out, value, header(record.Header))
	})
	if closeErr := out.close(); err == nil {
		err = closeErr
	}
	return err
}

func (c *Cmd) sink(stdout io.Writer) sink {
	switch {
	case c.Rebuild != "":
		return &rebuilder{dir: c.Rebuild, files: map[string]*os.File{}, out: stdout}
	case c.Manifest:
		return &manifests{json.NewEncoder(stdout)}
	}
	return &text{bufio.NewWriter(stdout)}
}

// record hands the segments that were asked for to the sink. A record that no
// agent wrote is named on standard error and left out.
func (c *Cmd) record(out sink, value, manifest []byte) error {
	m, _, err := record.Decode(manifest)
	if err == nil {
		err = m.Check(len(value))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "millrace: left out: %v\n", err)
		return nil
	}
	if !matches(c.Host, m.Host) {
		return nil
	}
	for i := range m.Segments {
		s := &m.Segments[i]
		body := value[:s.ValueLen()]
		value = value[s.ValueLen():]
		if !matches(c.Path, s.Path) {
			continue
		}
		if err := out.take(m, s, body); err != nil {
			return err
		}
	}
	return nil
}

func matches(glob, name string) bool {
	return glob == "" || doublestar.MatchUnvalidated(glob, name)
}

// text prints the bytes as they were read.
type text struct{ out *bufio.Writer }

func (t *text) take(_ *record.Manifest, _ *record.Segment, body []byte) error {
	_, err := t.out.Write(body)
	return err
}

func (t *text) close() error { return t.out.Flush() }

// manifests prints what is known of each segment.
type manifests struct{ out *json.Encoder }

func (p *manifests) take(m *record.Manifest, s *record.Segment, _ []byte) error {
	return p.out.Encode(map[string]any{
		"host": m.Host, "at": m.At, "writer": m.Writer.ID, "nonce": fmt.Sprintf("%016x", m.Writer.Nonce), "seq": m.Seq,
		"kind": s.Kind.String(), "src": s.Src, "gen": fmt.Sprintf("%08x", uint32(s.Gen)), "off": s.Off, "len": s.Len,
		"collection": s.Collection, "rev": s.Rev, "path": s.Path, "part": s.Part, "count": s.Count, "reason": s.Reason,
	})
}

func (*manifests) close() error { return nil }

// maxName is how much of a file's name is kept: with the mark of its generation it must
// fit what file systems take, 255 bytes.
const maxName = 220

// fileName is where a generation of a source is rebuilt. Nothing in a host or a path,
// which may come from anybody who can write to the topic, leads out of the folder.
func fileName(m *record.Manifest, s *record.Segment) string {
	folder, base := path.Split(path.Clean("/" + s.Path))
	if len(base) > maxName {
		base = strings.ToValidUTF8(base[:maxName], "")
	}
	return path.Join(plain(path.Base(m.Host)), folder, plain(base)+fmt.Sprintf("~%s.%08x", s.Src, uint32(s.Gen)))
}

// plain is a part of a path that stands for itself.
func plain(name string) string {
	if name == "" || name == "/" || name == "." || name == ".." {
		return "_"
	}
	return name
}
