package packed

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
)

const (
	// nonceSize is the size of what tells an envelope from any other value.
	nonceSize = 16
	// head is what stands before the blocks: nonce, size of the text, size of the blocks.
	head = nonceSize + 4 + 4
	// EnvelopeRoom is how much longer an envelope is than its blocks, at least. It is far
	// more than what a frame adds, so that a frame is always the shorter of the two.
	EnvelopeRoom = 256
	// swell is how many times larger than its envelope a text can be. Clients fill record
	// batches by what they see, so it bounds what a consumer must unpack of one.
	swell = 4
)

// nonce is drawn for each process, so that no value from outside looks like an envelope.
var nonce = func() (n [nonceSize]byte) {
	_, _ = rand.Read(n[:]) // which never fails
	return n
}()

// EnvelopeSize is how many bytes Envelope has.
func (t Text) EnvelopeSize() int { return max(len(t.Blocks)+EnvelopeRoom, t.Size/swell) }

// Envelope is the text as a value that a Kafka client carries to AppendFrame, which opens
// it. It has no meaning outside this process, and is gone with the text: that of a Writer
// lies in the memory of its blocks.
func (t Text) Envelope() []byte {
	e, size := t.room(), t.EnvelopeSize()
	copy(e, nonce[:])
	binary.LittleEndian.PutUint32(e[nonceSize:], uint32(t.Size))
	binary.LittleEndian.PutUint32(e[nonceSize+4:], uint32(len(t.Blocks)))
	if more := size - len(e); more > cap(e)-len(e) {
		e = append(e, make([]byte, more)...)
		if t.memory != nil {
			*t.memory = e
		}
	}
	return e[:size] // what lies behind the blocks is left behind by AppendFrame
}

// room is the blocks with room for a head before them.
func (t Text) room() []byte {
	if t.memory == nil {
		return append(make([]byte, head, t.EnvelopeSize()), t.Blocks...)
	}
	return (*t.memory)[:head+len(t.Blocks)]
}

// opened is the text in an envelope, and whether the value is one.
func opened(value []byte) (t Text, is bool) {
	if len(value) < head || !bytes.Equal(value[:nonceSize], nonce[:]) {
		return Text{}, false
	}
	t.Size = int(binary.LittleEndian.Uint32(value[nonceSize:]))
	n := int(binary.LittleEndian.Uint32(value[nonceSize+4:]))
	if n > len(value)-EnvelopeRoom {
		return Text{}, false
	}
	t.Blocks = value[head : head+n]
	return t, true
}
