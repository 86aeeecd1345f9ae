package tail

import (
	"os"
	"path/filepath"

	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/record"
)

// recover sends the records again that were under way when the last life ended:
// same writer, same number, same bytes, read from the files by identity.
//
// A log that was copied and truncated meanwhile has its bytes in the copy. Bytes that
// cannot be had again, or are not the same any more, become a gap
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
	if f == nil {
		return nil, false
	}
	if t.openFile(f) == nil {
		if b, ok := readSame(f.f, seg, sum); ok {
			return b, true
		}
	}
	return t.rereadCopy(f, seg, sum)
}

// readSame reads the place of a segment in a file, and checks that its bytes are there.
func readSame(f *os.File, seg *record.Segment, sum state.Sum) ([]byte, bool) {
	b := make([]byte, seg.Len)
	if _, err := f.ReadAt(b, int64(seg.Off)); err != nil {
		return nil, false
	}
	return b, state.Update(sum.Before, b) == sum.After
}

// rereadCopy looks for a segment in the other files of the log's folder: if it was
// truncated while records of it were under way, the copy that was made before has the
// same bytes in the same place. The copy itself may be met only later, and is passed
// over as far as the log was read.
func (t *Tailer) rereadCopy(f *file, seg *record.Segment, sum state.Sum) ([]byte, bool) {
	folder := filepath.Dir(f.src.Path)
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) > crowded {
		return nil, false
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		o, err := t.cfg.Allow.OpenReal(filepath.Join(folder, e.Name()))
		if err != nil {
			continue // not for us
		}
		b, ok := readSame(o.File, seg, sum)
		_ = o.File.Close() // only read
		if ok {
			return b, true
		}
	}
	return nil, false
}
