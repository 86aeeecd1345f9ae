package status

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/revision"
)

var update = flag.Bool("update", false, "write the golden bytes anew")

func sample() *Agent {
	at := time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC)
	return &Agent{
		ID: "web-01", Nonce: 1<<63 + 1, Host: "web-01", Version: "v0.1.0", Started: at.Add(-time.Hour), At: at, Revision: 42,
		Labels:      map[string]string{"zone": "eu-1"},
		Collections: []Collection{{Name: "shop-access", Rev: revision.Of([]byte("c")), Files: 2, Error: "permission denied"}},
		Totals:      Totals{Files: 2, FilesOpen: 1, BytesBehind: 10, BytesRead: 100, BytesShipped: 90, LinesShipped: 9, RecordsInAir: 1},
		Sources:     []Source{{ID: "00", Path: "/var/log/a.log", Collection: "shop-access", Size: 100, Offset: 90, Behind: 10, LastRead: at}},
	}
}

func TestBeatGoldenBytes(t *testing.T) {
	file := filepath.Join("testdata", "beat.json")
	got, err := Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("a beat is written differently now\ngot  %s\nwant %s", got, want)
	}
	back, err := Decode(got)
	if err != nil || !reflect.DeepEqual(back, sample()) {
		t.Errorf("error %v\ngot  %+v\nwant %+v", err, back, sample())
	}
}

func TestDecodeTakesNewerBeatsAndRefusesOthers(t *testing.T) {
	if a, err := Decode([]byte(`{"id":"x","nonce":"1","a_later_field":{}}`)); err != nil || a.ID != "x" {
		t.Errorf("newer beat: %+v, error %v", a, err)
	}
	for _, b := range []string{"", "null", "{}", "[1]", `{"id":1}`} {
		if _, err := Decode([]byte(b)); !errors.Is(err, ErrBeat) {
			t.Errorf("%q: error %v", b, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	b, err := Encode(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode(b)
		if err != nil {
			return
		}
		if _, err := Encode(a); err != nil {
			t.Fatalf("read, but cannot be written again: %v", err)
		}
	})
}
