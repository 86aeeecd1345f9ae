package record

import (
	"errors"
	"strings"
	"testing"
)

func TestEventIDGolden(t *testing.T) {
	src := SourceID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	id := NewEventID(src, NewGen([]byte("first line"), 0), 0x0102030405, []byte("123456789"))
	// CRC-32C of "123456789" is e3069283; its low 24 bits are 069283.
	const want = "AQIDBAUGBwgJCgsMWQYNAAECAwQFBpKD"
	if id.String() != want {
		t.Errorf("got %s, want %s", id, want)
	}
	if id.Offset() != 0x0102030405 {
		t.Errorf("offset is %x", id.Offset())
	}
	back, err := ParseEventID(want)
	if err != nil || back != id {
		t.Errorf("parsed %v, error %v", back, err)
	}
}

func TestAMovedIDIsThatOfTheOtherEvent(t *testing.T) {
	src, gen := SourceID{1, 2, 3}, NewGen([]byte("head"), 1)
	id := EventIDs(src, gen)
	for off, text := range map[uint64]string{0: "", 5: "a", MaxOffset: "bc", 1 << 33: "a"} {
		if id.Move(off, []byte(text)); id != NewEventID(src, gen, off, []byte(text)) {
			t.Errorf("%q at %d: %s", text, off, id)
		}
	}
}

func TestGenCountsOnlyRepeatedHeads(t *testing.T) {
	a, b := NewGen([]byte("head"), 0), NewGen([]byte("head"), 1)
	if a.Head() != b.Head() || a == b {
		t.Errorf("%x and %x", a, b)
	}
	if NewGen([]byte("other"), 0).Head() == a.Head() {
		t.Error("another head has the same hash")
	}
}

func TestParseRefusesOtherText(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("!", 32), strings.Repeat("A", 33)} {
		if _, err := ParseEventID(text); !errors.Is(err, ErrEventID) {
			t.Errorf("%q: error %v", text, err)
		}
	}
	var src SourceID
	for _, text := range []string{"", "zz", strings.Repeat("z", 24)} {
		if src.UnmarshalText([]byte(text)) == nil {
			t.Errorf("source %q was taken", text)
		}
	}
}

func FuzzParseEventID(f *testing.F) {
	f.Add("AQIDBAUGBwgJCgsMWQYNAAECAwQFBpKD")
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := ParseEventID(text); err == nil && id.String() != text {
			t.Fatalf("%q became %q", text, id)
		}
	})
}
