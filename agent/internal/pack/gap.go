package pack

import (
	"github.com/millrace/millrace/schemas/record"
)

// MostReason bounds the cause in a gap.
const MostReason = 200

// Gap is a record that says of every byte of r that it could not be shipped.
// Writer and number stay: the two are one record to those who count.
func Gap(r *Record, reason string) *Record {
	m := *r.Manifest
	m.Segments = make([]record.Segment, len(r.Manifest.Segments))
	for i := range m.Segments {
		m.Segments[i] = ToGap(&r.Manifest.Segments[i], reason)
	}
	return Rebuild(r.N, &m, nil)
}

// ToGap is the gap that stands for a segment.
func ToGap(seg *record.Segment, reason string) record.Segment {
	if seg.Kind != record.Bytes {
		return *seg
	}
	return record.Segment{
		Kind: record.Gap, Src: seg.Src, Gen: seg.Gen, Off: seg.Off, Len: seg.Len,
		Collection: seg.Collection, Rev: seg.Rev, Path: seg.Path, Reason: reason[:min(len(reason), MostReason)],
	}
}

// Rebuild makes a record from a manifest and the value that belongs to it.
func Rebuild(n uint64, m *record.Manifest, value []byte) *Record {
	var enc record.Encoder
	return &Record{N: n, Manifest: m, Encoded: enc.Append(nil, m), Value: value}
}
