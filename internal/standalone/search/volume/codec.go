package volume

import (
	"github.com/klauspost/compress/zstd"
)

const (
	// dictBytes is the size of a dictionary: a few dozen documents, which hold what most others repeat.
	dictBytes = 16 << 10
	// window is the zstd window: documents are small, and encoders keep buffers of this size.
	window = 128 << 10
)

// codec compresses sources. Each frame names its dictionary, so a newer codec reads what older ones wrote.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
	// dicts are the dictionaries by id-1; the last one is used to write.
	dicts [][]byte
}

func newCodec(dicts [][]byte) (*codec, error) {
	encOpts := []zstd.EOption{
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(window),
		zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true),
	}
	decOpts := []zstd.DOption{zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(256 << 20), zstd.WithDecoderLowmem(true)}
	for i, d := range dicts {
		decOpts = append(decOpts, zstd.WithDecoderDictRaw(uint32(i+1), d))
	}
	if n := len(dicts); n > 0 {
		encOpts = append(encOpts, zstd.WithEncoderDictRaw(uint32(n), dicts[n-1]))
	}
	enc, err := zstd.NewWriter(nil, encOpts...)
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, decOpts...)
	if err != nil {
		return nil, err
	}
	return &codec{enc: enc, dec: dec, dicts: dicts}, nil
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
	step := max(1, total/dictBytes)
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
