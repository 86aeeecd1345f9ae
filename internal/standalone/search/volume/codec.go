package volume

import (
	"errors"
	"sync"
	"unsafe"

	"github.com/klauspost/compress/s2"
)

// dictBytes is the size of a dictionary: two dozen documents, which hold what most others repeat.
const dictBytes = 16 << 10

// codec compresses sources one by one, each against a dictionary, which makes them about an eighth of their size. S2
// takes a quarter of the time of zstd for a fifth more bytes, and unpacks in a fifth of the time, which is what a search
// that has to look at documents spends. The first byte of a packed source is the number of its dictionary, 0 for none,
// so that a newer codec reads what older ones wrote.
type codec struct {
	// dicts are the dictionaries by number-1; the last one is used to write.
	dicts []*s2.Dict
}

func newCodec(bodies [][]byte) (*codec, error) {
	c := &codec{}
	for _, body := range bodies {
		d := s2.MakeDict(body, nil)
		if d == nil {
			return nil, errors.New("a dictionary is too short or too long")
		}
		c.dicts = append(c.dicts, d)
	}
	return c, nil
}

// scratch holds buffers for packing, which takes more room than its result.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

func (c *codec) pack(source string) []byte {
	buf, _ := scratch.Get().(*[]byte)
	defer scratch.Put(buf)
	src := unsafe.Slice(unsafe.StringData(source), len(source)) // which is only read
	var packed []byte
	if n := len(c.dicts); n > 0 {
		packed = c.dicts[n-1].Encode(*buf, src)
	} else {
		packed = s2.Encode((*buf)[:cap(*buf)], src)
	}
	*buf = packed[:0]
	out := append(make([]byte, 0, 1+len(packed)), byte(len(c.dicts)))
	return append(out, packed...)
}

// unpack returns the source, in buf where it fits.
func (c *codec) unpack(buf, packed []byte) ([]byte, error) {
	if len(packed) == 0 || int(packed[0]) > len(c.dicts) {
		return nil, broken("a document is packed in a way that is unknown here")
	}
	n := packed[0]
	buf = buf[:cap(buf)]
	var err error
	if n > 0 {
		buf, err = c.dicts[n-1].Decode(buf, packed[1:])
	} else {
		buf, err = s2.Decode(buf, packed[1:])
	}
	if err != nil {
		return nil, broken("a document cannot be unpacked: %v", err)
	}
	return buf, nil
}

// sample picks documents spread evenly over a batch until they fill a dictionary. It returns nil when they do not.
func sample(docs []*Doc) []byte {
	total := 0
	for _, d := range docs {
		total += len(d.Source)
	}
	if total < dictBytes {
		return nil
	}
	step := max(1, len(docs)*dictBytes/total)
	step = max(1, len(docs)/step)
	dict := make([]byte, 0, dictBytes)
	for i := 0; i < len(docs) && len(dict) < dictBytes; i += step {
		s := docs[i].Source
		dict = append(dict, s[:min(len(s), dictBytes-len(dict))]...)
	}
	if len(dict) < dictBytes/4 {
		return nil
	}
	return dict
}
