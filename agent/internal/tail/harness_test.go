package tail

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// rig is a tailer whose turns a test takes one by one, on real files. Its records are
// acknowledged when the test says so.
type rig struct {
	*Tailer
	t     *testing.T
	dir   string
	view  *collect.AgentView
	sent  []*pack.Record
	acked uint64
}

func newRig(t *testing.T) *rig {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, dir: dir}
	view, err := json.Marshal(map[string]any{"name": "c", "paths": []string{dir + "/app.log*"}, "rev": "0000000000000001", "gzip": true})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(view, &r.view); err != nil {
		t.Fatal(err)
	}
	r.open()
	t.Cleanup(r.end)
	return r
}

// open begins a life of the tailer.
func (r *rig) open() {
	r.t.Helper()
	log := slog.New(slog.DiscardHandler)
	st, err := state.Open(r.path("state"), log)
	if err != nil {
		r.t.Fatal(err)
	}
	cfg := Config{
		Host: "h", HostID: "id", Writer: record.Writer{ID: "id", Nonce: 1}, Allow: find.Allow{r.dir + "/**"},
		UnackedBytes: 1 << 20, OpenFiles: 100, DeletedFiles: 10, DeletedBytes: 1 << 20, Grace: time.Second,
	}
	dirty := find.New(cfg.Allow, time.Second, nil, nil, log).Dirty()
	r.Tailer = New(cfg, log, st, r, nil, dirty, nil)
	r.recover()
	r.adopt(follow.Set{Views: []collect.AgentView{*r.view}})
}

// end ends it as a kill does: what is in the open record is gone.
func (r *rig) end() {
	for _, f := range r.files {
		r.close(f)
	}
	if err := r.state.Close(); err != nil {
		r.t.Error(err)
	}
}

// ack acknowledges all records.
func (r *rig) ack() {
	if n := len(r.sent); n > 0 {
		r.acked = r.sent[n-1].N
		r.settle()
	}
}

// Send implements Shipper. It keeps a copy: values are used again once they are acknowledged.
func (r *rig) Send(sent *pack.Record) {
	kept := *sent
	kept.Value = bytes.Clone(sent.Value)
	r.sent = append(r.sent, &kept)
}

// Acked implements Shipper.
func (r *rig) Acked() uint64 { return r.acked }

// Changed implements Shipper.
func (*rig) Changed() <-chan struct{} { return nil }

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) append(name, text string) {
	r.t.Helper()
	f, err := os.OpenFile(r.path(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		r.t.Fatal(err)
	}
}

// found has the tailer meet a file, as a notice does, and read what is there.
func (r *rig) found(name string) *file {
	r.t.Helper()
	f := r.met(name)
	r.readAll(time.Now())
	return f
}

// readAll gives all files their turns until nothing is left to be read.
func (r *rig) readAll(now time.Time) {
	r.t.Helper()
	for len(r.queue) > 0 {
		r.next(now)
	}
}

// scanNothing has a scan end that saw nothing, while these collections are wanted, and then reads.
func (r *rig) scanNothing(views ...collect.AgentView) {
	r.t.Helper()
	r.adopt(follow.Set{Views: views})
	r.take([]find.Event{{Kind: find.Scanned, Scan: r.scans + 1}})
	r.readAll(time.Now())
}

// met has the tailer meet a file; its turn is yet to come.
func (r *rig) met(name string) *file {
	r.t.Helper()
	o, err := r.cfg.Allow.Open(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	r.take([]find.Event{{Kind: find.Match, Name: o.Real, Real: o.Real, View: r.view, Info: o.Info, Opened: o}})
	return r.reals[o.Real]
}

// cut truncates a file.
func (r *rig) cut(name string) {
	r.t.Helper()
	if err := os.Truncate(r.path(name), 0); err != nil {
		r.t.Fatal(err)
	}
}

// remove deletes a file that was met, and has the tailer hear of it.
func (r *rig) remove(f *file) {
	r.t.Helper()
	if err := os.Remove(f.real); err != nil {
		r.t.Fatal(err)
	}
	r.cutOff(f, time.Now())
}

// passedOver checks that a file was found to be the copy of so many bytes that were read.
func (r *rig) passedOver(f *file, n int) {
	r.t.Helper()
	if f.off != uint64(n) || f.begun {
		r.t.Errorf("the copy is at %d, begun %v", f.off, f.begun)
	}
}

// gap is the range of one.
type gap struct{ off, n uint64 }

// gaps are those that were told.
func (r *rig) gaps() (all []gap) {
	r.closeRecord(time.Now())
	for _, sent := range r.sent {
		for _, s := range sent.Manifest.Segments {
			if s.Kind == record.Gap {
				all = append(all, gap{s.Off, s.Len})
			}
		}
	}
	return all
}

// gzipped is a text as gzip compresses it.
func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tick waits until a file that is made is younger than now: birth times are those of the
// kernel's last tick.
func (r *rig) tick() {
	r.t.Helper()
	for now := time.Now().UnixNano(); ; {
		r.write("tick", "")
		info, err := source.StatPath(r.path("tick"))
		if err != nil {
			r.t.Fatal(err)
		}
		if info.Key.Birth == 0 {
			r.t.Skip("SKIPPED: the file system knows no birth times")
		}
		if err := os.Remove(r.path("tick")); err != nil {
			r.t.Fatal(err)
		}
		if info.Key.Birth > now {
			return
		}
	}
}
