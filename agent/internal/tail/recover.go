package tail

import (
	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/record"
)

// recover sends the records again that were under way when the last life ended:
// same writer, same number, same bytes, read from the files by identity.
//
// Bytes that cannot be had again, or are not the same any more, become a gap
// under the same writer and number. Whether the record had arrived then nobody
// here can know, but those who read the topic do: if it had, the gap is its
// repetition and counts for nothing; if not, the gap is what is left of it.
func (t *Tailer) recover() {
	for _, in := range t.state.Unacked() {
		r := t.again(in)
		t.send(r)
	}
}

func (t *Tailer) again(in *state.Intent) *pack.Record {
	var value []byte
	segments := make([]record.Segment, 0, len(in.Manifest.Segments))
	sums := in.Sums
	whole := true
	for i := range in.Manifest.Segments {
		seg := &in.Manifest.Segments[i]
		if seg.Kind != record.Bytes {
			segments = append(segments, *seg)
			continue
		}
		b, ok := t.reread(seg, sums[0])
		sums = sums[1:]
		if !ok {
			whole = false
			t.counts.gap(seg.Len)
			if f := t.files[seg.Src]; f != nil {
				f.gaps, f.gapBytes = f.gaps+1, f.gapBytes+seg.Len
			}
			t.log.Warn("bytes are gone that may not have arrived", "path", seg.Path, "offset", seg.Off, "bytes", seg.Len)
			segments = append(segments, pack.ToGap(seg, causeUncertain))
			continue
		}
		value = append(value, b...)
		segments = append(segments, *seg)
	}
	if whole {
		return &pack.Record{N: in.N, Manifest: in.Manifest, Encoded: in.Encoded, Value: value}
	}
	m := *in.Manifest
	m.Segments = segments
	return pack.Rebuild(in.N, &m, value)
}

// reread reads a segment once more and checks that it is what it was.
func (t *Tailer) reread(seg *record.Segment, sum state.Sum) ([]byte, bool) {
	f := t.files[seg.Src]
	if f == nil || t.openFile(f) != nil {
		return nil, false
	}
	b := make([]byte, seg.Len)
	if _, err := f.f.ReadAt(b, int64(seg.Off)); err != nil {
		return nil, false
	}
	return b, state.Update(sum.Before, b) == sum.After
}
