package batch

import (
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

var update = flag.Bool("update", false, "write the golden bytes anew")

func sample() *Manifest {
	rev := revision.Of([]byte("a config"))
	src := record.SourceID{1, 2, 3}
	return &Manifest{
		Writer: record.Writer{ID: "host-1", Nonce: 7}, Seq: 300, Part: 2,
		At: time.Date(2026, 11, 22, 10, 20, 30, 123456789, time.UTC),
		IDs: []record.EventID{
			record.NewEventID(src, 9, 0, []byte("a")),
			record.NewEventID(src, 9, 2, []byte("b")),
			record.NewEventID(src, 9, 4, []byte("c")),
		},
		Runs: []Run{
			{Count: 2, Index: "logs-shop-prod-2026.11.22", Retention: 7, Rev: rev, Close: 2, Open: 8},
			{Count: 1, Index: "logs-shop-prod-2026.11.23", Retention: 3650, Rev: rev},
		},
	}
}

// The events of sample: two that have something in common, and one by itself.
const (
	sampleValue = `{"log":{"file":"/var/log/a"},"host":"web-1"}` + "\n" +
		`{"message":"a","log":{"offset":1}}` + "\n" +
		`{"message":"b","log":{"offset":2,"x":{}}}` + "\n" +
		`{"message":"c","host":"web-2"}` + "\n"
	sampleDocuments = `{"message":"a","log":{"offset":1,"file":"/var/log/a"},"host":"web-1"}` + "\n" +
		`{"message":"b","log":{"offset":2,"x":{},"file":"/var/log/a"},"host":"web-1"}` + "\n" +
		`{"message":"c","host":"web-2"}` + "\n"
)

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is written differently now\ngot\n%s\nwant\n%s", name, got, want)
	}
}

func TestManifestGoldenBytes(t *testing.T) {
	golden(t, "manifest-v2.hex", hex.Dump(Append(nil, sample())))
}

// goldenBytes reads what hex.Dump has written.
func goldenBytes(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for line := range strings.Lines(string(text)) {
		columns, _, _ := strings.Cut(line[10:], "|")
		row, err := hex.DecodeString(strings.ReplaceAll(columns, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, row...)
	}
	return b
}

func TestManifestOfVersion1IsStillRead(t *testing.T) {
	want := sample()
	want.Runs[0].Close, want.Runs[0].Open = 0, 0
	got := &Manifest{}
	if err := Decode(goldenBytes(t, "manifest-v1.hex"), got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	const value = "{}\n{\"a\":1}\n{}\n"
	if got := join(t, got, value); got != value {
		t.Errorf("got %q", got)
	}
}

func TestManifestComesBackAsItWasWritten(t *testing.T) {
	want := sample()
	got := &Manifest{IDs: make([]record.EventID, 9), Runs: make([]Run, 9)} // used before
	if err := Decode(Append(nil, want), got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestDecodeRefusesWhatIsCut(t *testing.T) {
	whole := Append(nil, sample())
	var m Manifest
	for n := range whole {
		if err := Decode(whole[:n], &m); !errors.Is(err, ErrManifest) {
			t.Fatalf("cut to %d bytes: error %v", n, err)
		}
	}
	whole[4] = 200
	if err := Decode(whole, &m); !errors.Is(err, ErrVersion) {
		t.Errorf("version 200: error %v", err)
	}
}
