package wire

import (
	"encoding/binary"
	"testing"
)

func TestFieldsComeBackInTheirOrder(t *testing.T) {
	b := []byte{7}
	b = binary.BigEndian.AppendUint32(b, 1<<31)
	b = binary.BigEndian.AppendUint64(b, 1<<63)
	b = binary.AppendUvarint(b, 300)
	b = binary.AppendVarint(b, -300)
	b = append(binary.AppendUvarint(b, 3), "abc"...)
	r := Reader{Rest: b}
	if r.Byte() != 7 || r.Uint32() != 1<<31 || r.Uint64() != 1<<63 || r.Uvarint() != 300 || r.Varint() != -300 || r.String() != "abc" || r.Bad || len(r.Rest) != 0 {
		t.Errorf("read wrongly; %+v is left", r)
	}
}

func TestWhatIsCutShortSticks(t *testing.T) {
	r := Reader{Rest: []byte{5, 'a'}}
	if r.String() != "" || !r.Bad {
		t.Error("a string beyond the end was read")
	}
	if r.Byte() != 0 || r.Uvarint() != 0 || r.Varint() != 0 || r.Take(0) != nil {
		t.Error("a bad reader reads on")
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := Reader{Rest: b}
		for left := len(b) + 1; !r.Bad && len(r.Rest) < left; {
			left = len(r.Rest)
			_, _, _ = r.Uvarint(), r.String(), r.Varint()
		}
	})
}
