package status

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func TestExplanationGoldenBytes(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC)
	e := &Explanation{
		Path: "/var/log/a.log", Verdict: NoLine, Text: "it holds no complete line yet: 10 bytes without an end of line", Real: "/srv/a.log",
		Collection: "shop-access", Glob: "/var/log/*.log", Revision: 42, At: at,
		Source: &Source{ID: "00", Path: "/var/log/a.log", Collection: "shop-access", Size: 10, Behind: 10, Gaps: 1, GapBytes: 5, Skipped: 2},
	}
	got, err := EncodeExplanation("web-01", "QK3VZ7", e)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "explanation.json")
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
		t.Errorf("an explanation is written differently now\ngot  %s\nwant %s", got, want)
	}
	back, err := DecodeListing(want)
	if err != nil || !reflect.DeepEqual(back, &Listing{ID: "web-01", Request: "QK3VZ7", Parts: 1, Sources: []Source{}, Explanation: e}) {
		t.Errorf("error %v\ngot  %+v", err, back)
	}
}

func TestRequestsAreReadAsTheyWereWritten(t *testing.T) {
	for _, r := range []Request{{}, {Explain: "/var/log/a.log"}, {Explain: "/a", Collection: "c"}} {
		b, err := EncodeRequest(r)
		if err != nil || r == (Request{}) && b != nil {
			t.Fatalf("%+v: %q, error %v", r, b, err)
		}
		if got, err := DecodeRequest(b); err != nil || got != r {
			t.Errorf("%+v came back as %+v, error %v", r, got, err)
		}
	}
	if r, err := DecodeRequest([]byte(`{"a_later_kind":1}`)); err != nil || r != (Request{}) {
		t.Errorf("a later kind: %+v, error %v", r, err)
	}
	if _, err := DecodeRequest([]byte("[")); !errors.Is(err, ErrBeat) {
		t.Errorf("error %v", err)
	}
}
