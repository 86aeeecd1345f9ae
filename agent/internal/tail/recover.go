package tail

import (
	"io"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/agent/internal/unzip"
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
	if t.unpacking != nil {
		t.close(t.unpacking)
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
			if f := t.files[seg.Src]; f != nil {
				f.gaps, f.gapBytes = f.gaps+1, f.gapBytes+seg.Len
			}
			gone := pack.ToGap(seg, causeUncertain)
			t.lost(seg.Path, &gone)
			segments = append(segments, gone)
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
		if b, ok := readSame(t.plainly(f), seg, sum); ok {
			return b, true
		}
	}
	return t.rereadCopy(f, seg, sum)
}

// plainly is what the segments of an open file were read from. Of packed files one is
// unpacked at a time, from its beginning: records under way have few of them.
func (t *Tailer) plainly(f *file) io.ReaderAt {
	if f.zip == nil {
		return f.f
	}
	if t.unpacking != f {
		if t.unpacking != nil {
			t.stopUnpacking(t.unpacking)
		}
		t.unpacking, f.zip.plain = f, unzip.New(f.f, state.PrintBytes)
	}
	return f.zip.plain
}

// readSame reads the place of a segment in a file, and checks that its bytes are there.
func readSame(f io.ReaderAt, seg *record.Segment, sum state.Sum) ([]byte, bool) {
	b := make([]byte, seg.Len)
	if _, err := f.ReadAt(b, int64(seg.Off)); err != nil {
		return nil, false
	}
	return b, state.Update(sum.Before, b) == sum.After
}

// rereadCopy looks for a segment in the other files of the log's folder: if it was
// truncated while records of it were under way, the copy that was made before has the
// same bytes in the same place; and so has its compressed copy, if it was rotated. The
// copy itself may be met only later, and is passed over as far as the log was read.
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
		b, ok := readCopy(f, o.File, seg, sum)
		_ = o.File.Close() // only read
		if ok {
			return b, true
		}
	}
	return nil, false
}

// readCopy looks for a segment of f in a file that may be its copy. One that is compressed
// must begin as f did: it costs more to look into.
func readCopy(f *file, other *os.File, seg *record.Segment, sum state.Sum) ([]byte, bool) {
	if !isPacked(other) {
		return readSame(other, seg, sum)
	}
	plain := unzip.New(other, state.PrintBytes)
	head := plain.Head()
	if f.printed == 0 || int(f.printed) > len(head) || state.Update(0, head[:f.printed]) != f.print {
		return nil, false
	}
	return readSame(plain, seg, sum)
}
