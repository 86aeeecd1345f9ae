package event

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPartsOfTheMessageAreWrittenLikeOtherText compares events whose fields are cut from their message with events whose
// fields are copies.
func TestPartsOfTheMessageAreWrittenLikeOtherText(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	t.Log("seed", seed)
	pieces := []string{"plain text of some length", "a", `"`, `\`, "\n", "\x01", "é", "世界", "\xff", "\xe4\xb8", ""}
	cut, copied := New(NewSchema()), New(NewSchema())
	for range 20000 {
		var b strings.Builder
		for range random.IntN(30) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		message := []byte(b.String())
		cut.Reset()
		copied.Reset()
		if random.IntN(5) > 0 {
			cut.Set(Message, String(message))
			copied.Set(Message, Text(string(message)))
		}
		for i := range random.IntN(8) {
			from := random.IntN(len(message) + 1)
			part := message[from : from+random.IntN(len(message)-from+1)]
			path := fmt.Sprint("x.", i)
			cut.Set(cut.InternText(path), String(part))
			copied.Set(copied.InternText(path), Text(string(part)))
		}
		if got, want := string(cut.Append(nil)), string(copied.Append(nil)); got != want {
			t.Fatalf("message %q\ngot  %s\nwant %s", message, got, want)
		}
	}
}
