package rawcat

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/record"
)

func encode(m *record.Manifest) []byte { return new(record.Encoder).Append(nil, m) }

func segment(src byte, off uint64, body string) record.Segment {
	return record.Segment{Kind: record.Bytes, Src: record.SourceID{src}, Off: off, Len: uint64(len(body)), Path: "/var/log/a.log", Collection: "c"}
}

func manifest(segments ...record.Segment) *record.Manifest {
	return &record.Manifest{Writer: record.Writer{ID: "w"}, Seq: 1, Host: "web-1", At: time.Unix(0, 0), Segments: segments}
}

func TestRebuildPutsEveryByteInItsPlace(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	c := Cmd{Rebuild: dir}
	sink := c.sink(&out)
	gap := record.Segment{Kind: record.Gap, Src: record.SourceID{1}, Off: 8, Len: 3, Path: "/var/log/a.log", Reason: "deleted"}
	renamed := segment(1, 4, "two\n")
	renamed.Path = "/var/log/a.log.1"
	steps := []struct {
		m     *record.Manifest
		value string
	}{
		{manifest(segment(1, 0, "one\n"), segment(2, 0, "other\n")), "one\nother\n"},
		{manifest(renamed), "two\n"},
		{manifest(segment(1, 0, "one\n")), "one\n"}, // delivered again
		{manifest(gap, segment(1, 11, "end\n")), "end\n"},
	}
	for _, s := range steps {
		if err := c.record(sink, []byte(s.value), encode(s.m)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.record(sink, []byte("foreign"), []byte("no manifest")); err != nil {
		t.Errorf("a foreign record stops the rebuild: %v", err)
	}
	if err := sink.close(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"web-1/var/log/a.log~010000000000000000000000.00000000": "one\ntwo\n\x00\x00\x00end\n",
		"web-1/var/log/a.log~020000000000000000000000.00000000": "other\n",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, error %v", name, got, err)
		}
	}
	if !strings.Contains(out.String(), "3 bytes at 8 are not in the topic: gap deleted") {
		t.Errorf("the gap is not told:\n%s", &out)
	}
}

func TestRebuildStaysInItsFolder(t *testing.T) {
	const mark = "~000000000000000000000000.00000000"
	long := strings.Repeat("ä", 127) + "x"
	for _, c := range []struct{ host, path, want string }{
		{"../../etc", "/../../etc/passwd", "etc/etc/passwd" + mark},
		{"..", "/etc/passwd", "_/etc/passwd" + mark},
		{"", "/etc/passwd", "_/etc/passwd" + mark},
		{"/", "..", "_/_" + mark},
		{"h", "/d/" + long, "h/d/" + strings.Repeat("ä", 110) + mark},
	} {
		m := manifest()
		m.Host = c.host
		if got := fileName(m, &record.Segment{Path: c.path}); got != c.want {
			t.Errorf("%q on %q: got %q, want %q", c.path, c.host, got, c.want)
		}
	}
}

// Whoever may write to the raw topic may write anything.
func TestWhatCannotBeRebuiltIsToldAndLeftOut(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	c := Cmd{Rebuild: dir}
	sink := c.sink(&out)
	below := segment(2, 0, "x")
	below.Path = "/var/log/a.log~010000000000000000000000.00000000/b"
	for _, m := range []*record.Manifest{manifest(segment(1, 0, "1")), manifest(below), manifest(segment(1, 1, "2"))} {
		if err := c.record(sink, []byte("x"), encode(m)); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "web-1/var/log/a.log~010000000000000000000000.00000000")); err != nil || string(got) != "xx" {
		t.Errorf("%q, %v", got, err)
	}
	if !strings.Contains(out.String(), "1 bytes missing") {
		t.Errorf("printed %s", &out)
	}
}

func TestFiltersAndForms(t *testing.T) {
	var out bytes.Buffer
	c := Cmd{Host: "web-*", Path: "/var/log/*.log"}
	sink := c.sink(&out)
	other := segment(2, 0, "no\n")
	other.Path = "/srv/b.log"
	if err := c.record(sink, []byte("yes\nno\n"), encode(manifest(segment(1, 0, "yes\n"), other))); err != nil {
		t.Fatal(err)
	}
	db := manifest(segment(1, 0, "no\n"))
	db.Host = "db-1"
	if err := c.record(sink, []byte("no\n"), encode(db)); err != nil {
		t.Fatal(err)
	}
	if err := sink.close(); err != nil || out.String() != "yes\n" {
		t.Errorf("printed %q, error %v", &out, err)
	}
	out.Reset()
	form := Cmd{Manifest: true}
	if err := form.record(form.sink(&out), []byte("yes\n"), encode(manifest(segment(1, 7, "yes\n")))); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got["off"] != 7.0 || got["kind"] != "bytes" {
		t.Errorf("manifest %s, error %v", &out, err)
	}
}
