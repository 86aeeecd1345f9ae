package batch

import (
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
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
			{Count: 2, Index: "logs-shop-prod-2026.11.22", Retention: 7, Rev: rev},
			{Count: 1, Index: "logs-shop-prod-2026.11.23", Retention: 3650, Rev: rev},
		},
	}
}

const sampleValue = "{}\n{}\n{}\n"

func TestManifestGoldenBytes(t *testing.T) {
	file := filepath.Join("testdata", "manifest-v1.hex")
	got := hex.Dump(Append(nil, sample()))
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
		t.Errorf("batch manifest of version 1 is written differently now\ngot\n%s\nwant\n%s", got, want)
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
	if err := got.Check([]byte(sampleValue)); err != nil {
		t.Error(err)
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

func TestCheckCountsLinesRunsAndIDs(t *testing.T) {
	cases := map[string]struct {
		change func(*Manifest)
		value  string
	}{
		"a line too few":      {func(*Manifest) {}, "{}\n{}\n"},
		"no line feed at end": {func(*Manifest) {}, "{}\n{}\n{}\n{"},
		"runs too short":      {func(m *Manifest) { m.Runs = m.Runs[:1] }, sampleValue},
		"an id too few":       {func(m *Manifest) { m.IDs = m.IDs[:2] }, sampleValue},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := sample()
			c.change(m)
			if err := m.Check([]byte(c.value)); !errors.Is(err, ErrValue) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Append(nil, sample()), []byte(sampleValue))
	f.Add(Append(nil, &Manifest{}), []byte{})
	f.Fuzz(func(t *testing.T, b, value []byte) {
		var m, again Manifest
		if Decode(b, &m) != nil {
			return
		}
		_ = m.Check(value)
		if err := Decode(Append(nil, &m), &again); err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("not the same after a round trip: %v\n%+v\n%+v", err, m, again)
		}
	})
}
