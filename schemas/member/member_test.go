package member

import (
	"errors"
	"testing"
	"time"
)

// The bytes and keys of every version that was ever written stay readable.
func TestGoldenBytes(t *testing.T) {
	m := &Member{Role: "indexer", ID: "QK3VZ7", Host: "web-1", Version: "v1.2.3", Metrics: "web-1:9091", Since: time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC)}
	const want = `{"role":"indexer","id":"QK3VZ7","host":"web-1","version":"v1.2.3","metrics":"web-1:9091","since":"2026-11-22T10:20:30Z"}`
	got, err := Encode(m)
	if err != nil || string(got) != want {
		t.Errorf("error %v, got %s", err, got)
	}
	back, err := Decode([]byte(want))
	if err != nil || *back != *m {
		t.Errorf("error %v, got %+v", err, back)
	}
	if m.Key() != "/millrace/members/indexer/QK3VZ7" {
		t.Errorf("its key is %s", m.Key())
	}
}

func TestDecodeTakesNewerMembersAndRefusesOthers(t *testing.T) {
	if m, err := Decode([]byte(`{"role":"x","id":"y","a_later_field":{}}`)); err != nil || m.Role != "x" {
		t.Errorf("newer: %+v, error %v", m, err)
	}
	for _, text := range []string{"", "null", "{}", "[1]", `{"role":"x"}`, `{"id":"x"}`} {
		if _, err := Decode([]byte(text)); !errors.Is(err, ErrMember) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func TestDuties(t *testing.T) {
	if got := DutyOf(LeadersOf(Upkeep) + "/6a2c"); got != Upkeep {
		t.Errorf("the duty is %q", got)
	}
}
