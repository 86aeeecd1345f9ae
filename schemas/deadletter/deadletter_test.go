package deadletter

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestOriginComesBackAsItWasWritten(t *testing.T) {
	want := Origin{Topic: "logs.shop", Partition: 3, Offset: 1 << 40}
	got, err := ParseOrigin(want.String())
	if err != nil || got != want || want.String() != "logs.shop/3/1099511627776" {
		t.Errorf("got %v from %q, error %v", got, want, err)
	}
}

func TestParseOriginRefusesOtherText(t *testing.T) {
	for _, text := range []string{"", "raw", "raw/1", "raw/a/1", "raw/1/-1", "/1/1", "raw/1/1/1", "raw/99999999999/1"} {
		if _, err := ParseOrigin(text); !errors.Is(err, ErrOrigin) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func TestCauseIsCutAtACharacter(t *testing.T) {
	got := Cause(strings.Repeat("ä", MaxCause))
	if len(got) > MaxCause || !utf8.ValidString(got) {
		t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
	}
	if Cause("short") != "short" {
		t.Error("a short cause was changed")
	}
}

func FuzzParseOrigin(f *testing.F) {
	f.Add("raw/0/42")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseOrigin(text)
		if err != nil {
			return
		}
		if again, err := ParseOrigin(o.String()); err != nil || again != o {
			t.Fatalf("%q became %v, then %v (%v)", text, o, again, err)
		}
	})
}
