package step

import (
	"encoding/hex"
	"testing"
)

// Published values of MurmurHash3 for x64 with 128 bits and the seed 0.
func TestMurmurHash3HasItsPublishedValues(t *testing.T) {
	for text, want := range map[string]string{
		"":     "00000000000000000000000000000000",
		"hell": "629942693e10f86792db0b82baeb5347",
		"The quick brown fox jumps over the lazy dog": "e34bbc7bbc071b6c7a433ca9c49a9347",
		"The quick brown fox jumps over the lazy cog": "658ca970ff85269a43fee3eaa68e5c3e",
	} {
		if sum := murmur3([]byte(text)); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%q: %x, want %s", text, sum, want)
		}
	}
}
