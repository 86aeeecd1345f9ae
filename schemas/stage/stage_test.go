package stage

import (
	"errors"
	"os"
	"reflect"
	"testing"
	"time"
)

func sample() *Beat {
	at := time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC)
	return &Beat{
		Name: Enrich, Instance: "QK3VZ7", Started: at.Add(-time.Hour), At: at, In: 1000, Out: 990,
		Dropped: map[string]uint64{"pipeline": 7}, DeadLettered: map[string]uint64{"no_revision": 3}, DelaySeconds: 0.25,
		LastError: "etcd does not answer", LastErrorAt: &at,
	}
}

// The bytes of every version that was ever written stay readable.
func TestBeatGoldenBytes(t *testing.T) {
	want, err := os.ReadFile("testdata/beat.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("a beat is written differently now\ngot  %s\nwant %s", got, want)
	}
	back, err := Decode(want)
	if err != nil || !reflect.DeepEqual(back, sample()) {
		t.Errorf("error %v\ngot  %+v\nwant %+v", err, back, sample())
	}
}

func TestDecodeTakesNewerBeatsAndRefusesOthers(t *testing.T) {
	if b, err := Decode([]byte(`{"name":"x","instance":"y","a_later_field":{}}`)); err != nil || b.Key() != "x/y" {
		t.Errorf("newer beat: %+v, error %v", b, err)
	}
	for _, b := range []string{"", "null", "{}", "[1]", `{"name":"x"}`, `{"name":"x","instance":"y","in":-1}`} {
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
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Decode(text)
		if err != nil {
			return
		}
		if _, err := Encode(b); err != nil {
			t.Fatalf("read, but cannot be written again: %v", err)
		}
	})
}
