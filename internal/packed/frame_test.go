package packed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// pack packs text into blocks of at most size bytes; every third is stored.
func pack(text []byte, size int) Text {
	t := Text{Size: len(text)}
	n := 0
	for part := range slices.Chunk(text, size) {
		room := make([]byte, lz4.CompressBlockBound(len(part)))
		length, err := lz4.CompressBlock(part, room, nil)
		if n++; err != nil || n%3 == 0 {
			t.Blocks = binary.LittleEndian.AppendUint32(t.Blocks, uint32(len(part))|stored)
			t.Blocks = append(t.Blocks, part...)
			continue
		}
		t.Blocks = binary.LittleEndian.AppendUint32(t.Blocks, uint32(length))
		t.Blocks = append(t.Blocks, room[:length]...)
	}
	return t
}

// appendRecord appends a record as clients write it.
func appendRecord(dst []byte, nth int, key, value []byte, headers ...[]byte) []byte {
	r := kmsg.Record{TimestampDelta64: int64(nth) * 7, OffsetDelta: int32(nth), Key: key, Value: value}
	for _, h := range headers {
		r.Headers = append(r.Headers, kmsg.Header{Key: "b", Value: h})
	}
	r.Length = int32(len(r.AppendTo(nil)) - 1)
	return r.AppendTo(dst)
}

// unframe reads a frame.
func unframe(t *testing.T, frame []byte) []byte {
	t.Helper()
	got, err := io.ReadAll(lz4.NewReader(bytes.NewReader(frame)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAppendFrame(t *testing.T) {
	line := []byte(strings.Repeat(`{"message":"a line"}`, 30_000))
	noise := make([]byte, 70_000)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(noise)
	for _, c := range []struct {
		name   string
		values [][]byte // in turn packed, unless nil, and not
	}{
		{"of no records", nil},
		{"of a packed record", [][]byte{line}},
		{"of an empty packed record", [][]byte{{}}},
		{"of a packed record and a short one", [][]byte{line, []byte("x")}},
		{"of packed noise and plain noise", [][]byte{noise, noise, noise, noise}},
		{"of many", slices.Repeat([][]byte{line[:1000], nil, noise[:100], []byte("plain")}, 50)},
		{"of plain records around a packed one", [][]byte{nil, line, line[:10], noise, nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var with, want []byte
			for i, v := range c.values {
				key, header := fmt.Appendf(nil, "host-%d", i), noise[:i%100]
				want = appendRecord(want, i, key, v, header)
				if i%2 == 0 && v != nil {
					v = pack(v, 1000+i).Envelope()
				}
				with = appendRecord(with, i, key, v, header)
			}
			frame, err := AppendFrame([]byte("before"), with)
			if err != nil {
				t.Fatal(err)
			}
			frame = frame[len("before"):]
			if got := unframe(t, frame); !bytes.Equal(got, want) {
				t.Errorf("%d bytes are read, want %d others", len(got), len(want))
			}
			if len(c.values) > 0 && len(frame) >= len(with) {
				t.Errorf("the frame has %d bytes, the records have %d", len(frame), len(with))
			}
		})
	}
}

func TestAFrameIsTheShorterOneInAFullBatchThatDoesNotCompress(t *testing.T) {
	noise := make([]byte, 3<<20)
	_, _ = rand.NewChaCha8([32]byte{2}).Read(noise)
	records := appendRecord(nil, 0, nil, pack([]byte("text"), BlockSize).Envelope())
	records = appendRecord(records, 1, nil, noise)
	if _, err := AppendFrame(nil, records); err != nil {
		t.Error(err)
	}
}

func TestAnEnvelopeBoundsWhatABatchUnpacksTo(t *testing.T) {
	text := pack(make([]byte, 1<<20), BlockSize)
	if got := len(text.Envelope()); got != text.EnvelopeSize() || got < text.Size/swell {
		t.Errorf("%d bytes for a text of %d in %d", got, text.Size, len(text.Blocks))
	}
}

func TestMalformedRecordsMakeNoFrame(t *testing.T) {
	whole := appendRecord(nil, 0, []byte("key"), pack([]byte("text"), 2).Envelope(), []byte("header"))
	for _, n := range []int{1, 5, 20, 100, len(whole) - 1} {
		if frame, err := AppendFrame(nil, whole[:n]); !errors.Is(err, ErrRecords) || len(frame) > 0 {
			t.Errorf("%d bytes of %d: error %v, a frame of %d", n, len(whole), err, len(frame))
		}
	}
}

// FuzzAppendFrame makes batches of what it is given, with and without envelopes, and
// reads them back. It also takes the bytes for records.
func FuzzAppendFrame(f *testing.F) {
	f.Add([]byte("some text that is some text"), uint16(7), uint8(3))
	f.Add(bytes.Repeat([]byte("abcdefgh"), 9000), uint16(900), uint8(200))
	f.Add(appendRecord(nil, 0, nil, pack([]byte("text"), 2).Envelope()), uint16(1), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, size uint16, which uint8) {
		frame, err := AppendFrame(nil, data)
		if err == nil && !bytes.Contains(data, nonce[:]) && !bytes.Equal(unframe(t, frame), data) {
			t.Error("other records are in the frame")
		}
		var with, want []byte
		packed := false
		nth := 0
		for part := range slices.Chunk(data, int(size)+1) {
			v := part
			if which>>(nth%8)&1 == 1 {
				v, packed = pack(part, int(size)/2+1).Envelope(), true
			}
			want = appendRecord(want, nth, part[:len(part)%5], part, part[len(part)/2:])
			with = appendRecord(with, nth, part[:len(part)%5], v, part[len(part)/2:])
			nth++
		}
		if frame, err = AppendFrame(nil, with); err != nil {
			t.Fatal(err)
		}
		if packed && len(frame) >= len(with) {
			t.Errorf("the frame has %d bytes, the records have %d", len(frame), len(with))
		}
		if got := unframe(t, frame); !bytes.Equal(got, want) {
			t.Errorf("%d bytes are read, want %d others", len(got), len(want))
		}
	})
}

func BenchmarkAppendFrame(b *testing.B) {
	text := bytes.Repeat([]byte(`{"message":"a line of some length, as they come","log":{"level":"info"}}`+"\n"), 7000)
	for name, value := range map[string][]byte{"plain": text, "packed": pack(text, BlockSize).Envelope()} {
		b.Run(name, func(b *testing.B) {
			records := appendRecord(nil, 0, []byte("host"), value, make([]byte, 15<<10))
			var frame []byte
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				var err error
				if frame, err = AppendFrame(frame[:0], records); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
