package packed

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"
)

func TestTheEnvelopeOfAWrittenTextLiesAroundItsBlocks(t *testing.T) {
	w := NewWriter()
	for name, text := range map[string][]byte{
		"of little":            []byte("a text"),
		"larger than its room": bytes.Repeat([]byte("a text that is told again and again. "), 1700),
	} {
		w.Literal(text[:1])
		w.Copy(0, len(text)-1) // it need not be the same
		w.Literal([]byte("the end"))
		got := w.Finish()
		blocks := bytes.Clone(got.Blocks)
		for range 2 { // it may be sent twice
			envelope := got.Envelope()
			opened, is := opened(envelope)
			if !is || opened.Size != got.Size || !bytes.Equal(opened.Blocks, blocks) || len(envelope) != got.EnvelopeSize() {
				t.Fatalf("%s: %d bytes hold %d blocks of a text of %d", name, len(envelope), len(opened.Blocks), opened.Size)
			}
		}
		if !bytes.Equal(got.Blocks, blocks) {
			t.Errorf("%s: the blocks have changed", name)
		}
		got.Free()
	}
	w.Literal([]byte("another text"))
	text := w.Finish()
	_ = text.Envelope() // which makes room, if there is none yet
	if n := testing.AllocsPerRun(10, func() { text.Envelope() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestATextTakesNotMuchMoreMemoryThanItsEnvelope keeps texts as a producer does while Kafka is slow.
func TestATextTakesNotMuchMoreMemoryThanItsEnvelope(t *testing.T) {
	w := NewWriter()
	for _, lines := range []int{1, 40, 1000, 40} {
		for i := range lines {
			w.Literal(fmt.Appendf(nil, "line %d is like no other: %x\n", i, sha256.Sum256([]byte{byte(i), byte(i >> 8)})))
		}
		text := w.Finish()
		if most := max(briefRoom, 4*text.EnvelopeSize()); cap(text.Envelope()) > most {
			t.Errorf("%d bytes of memory for an envelope of %d", cap(text.Envelope()), text.EnvelopeSize())
		}
		text.Free()
	}
}
