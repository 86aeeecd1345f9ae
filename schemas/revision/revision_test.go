package revision

import (
	"errors"
	"testing"
)

func TestTextForm(t *testing.T) {
	id := Of([]byte("abc")) // SHA-256 of "abc" begins ba7816bf 8f01cfea
	if id.String() != "ba7816bf8f01cfea" {
		t.Errorf("got %s", id)
	}
	back, err := Parse(id.String())
	if err != nil || back != id || id.IsZero() {
		t.Errorf("got %s, error %v", back, err)
	}
	for _, text := range []string{"", "ba78", "ba7816bf8f01cfeg", "ba7816bf8f01cfea00"} {
		if _, err := Parse(text); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: error %v", text, err)
		}
	}
}
