// Package unzip reads what gzip has compressed as if it were not: by offsets of the plain
// bytes.
//
// A gzip stream can be read in one direction only, so reading ascending offsets is cheap,
// and going back costs reading from the beginning, but for the head, which is kept. A
// Reader holds its head, what one call wanted, and gzip's own 64 KiB, however long the
// file is. Nothing is lost or repeated here: bytes in front of an error are given, and the
// error is told with where it is. A Reader belongs to one goroutine and starts none.
package unzip

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"
)

const (
	// readBytes is how much of a file is read at once.
	readBytes = 32 << 10
	// skipBytes is how much is thrown away at once.
	skipBytes = 32 << 10
)

// Begins reports whether a file that begins with head is compressed by gzip.
func Begins(head []byte) bool {
	return len(head) > 2 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8
}

// Reader is one gzip file. Make it with New.
type Reader struct {
	file *disk
	raw  *io.SectionReader
	buf  *bufio.Reader
	zip  *gzip.Reader

	head  []byte // the first bytes
	from  uint64 // where window begins
	win   []byte // plain bytes that were read and may be asked for
	ended bool
	err   error
}

// disk tells errors of the file from those of what is in it.
type disk struct {
	io.ReaderAt
	err error
}

// ReadAt implements io.ReaderAt.
func (d *disk) ReadAt(b []byte, off int64) (int, error) {
	n, err := d.ReaderAt.ReadAt(b, off)
	if err != nil && !errors.Is(err, io.EOF) {
		d.err = err
	}
	return n, err
}

// New reads the first headBytes of a file. What is wrong with it Err tells.
func New(file io.ReaderAt, headBytes int) *Reader {
	r := &Reader{file: &disk{file, nil}}
	r.rewind()
	r.fill(headBytes)
	r.head = append([]byte(nil), r.win[:min(len(r.win), headBytes)]...)
	return r
}

func (r *Reader) rewind() {
	r.from, r.win, r.ended, r.err, r.file.err = 0, r.win[:0], false, nil, nil
	r.raw = io.NewSectionReader(r.file, 0, math.MaxInt64)
	if r.buf == nil {
		r.buf, r.zip = bufio.NewReaderSize(nil, readBytes), new(gzip.Reader)
	}
	r.buf.Reset(r.raw)
	r.end(r.zip.Reset(r.buf))
}

// end notes that nothing can be read behind the window.
func (r *Reader) end(err error) {
	if err == nil {
		return
	}
	if r.ended = true; !errors.Is(err, io.EOF) || r.from+uint64(len(r.win)) == 0 {
		r.err = err
	}
}

// Head is the first plain bytes.
func (r *Reader) Head() []byte { return r.head }

// End is where the plain bytes end, as far as they were read, and whether none follow.
func (r *Reader) End() (off uint64, ended bool) { return r.from + uint64(len(r.win)), r.ended }

// Failed is why the file itself cannot be read on.
func (r *Reader) Failed() error { return r.file.err }

// Err is why they end there, if it is not because the file is at its end: it is corrupt, it
// was cut, or it has failed.
func (r *Reader) Err() error {
	if r.err == nil {
		return nil
	}
	return fmt.Errorf("gzip, at plain byte %d: %w", r.from+uint64(len(r.win)), r.err)
}

// Torn reports whether the file ends in the midst of its stream, as one does that is still
// being written.
func (r *Reader) Torn() bool {
	return errors.Is(r.err, io.ErrUnexpectedEOF) || errors.Is(r.err, io.EOF)
}

// Used is how many bytes of the file itself were decompressed.
func (r *Reader) Used() uint64 {
	at, err := r.raw.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0 // a section reader knows where it is
	}
	return uint64(at) - uint64(r.buf.Buffered())
}

// Skip goes to an offset, but throws at most so many bytes away, and reports whether it
// came there, or to the end.
func (r *Reader) Skip(off uint64, most int) bool {
	if off < r.from {
		r.rewind()
	}
	for {
		r.drop(off)
		if r.from >= off || r.ended {
			return true
		}
		if most <= 0 {
			return false
		}
		r.fill(skipBytes)
		most -= skipBytes
	}
}

// drop forgets what stands before an offset.
func (r *Reader) drop(off uint64) {
	if off > r.from {
		n := min(off-r.from, uint64(len(r.win)))
		r.win = r.win[:copy(r.win, r.win[n:])]
		r.from += n
	}
}

// fill has the window hold n bytes, if there are so many.
func (r *Reader) fill(n int) {
	if cap(r.win) < n {
		r.win = append(make([]byte, 0, n), r.win...)
	}
	for !r.ended && len(r.win) < n {
		got, err := r.zip.Read(r.win[len(r.win):n])
		r.win = r.win[:len(r.win)+got]
		r.end(err)
	}
}

// Fill reads n bytes ahead from an offset, or to the end, so that End and Err tell of them.
func (r *Reader) Fill(off uint64, n int) {
	r.Skip(off, math.MaxInt)
	r.fill(n)
}

// ReadAt implements io.ReaderAt, but for one caller at a time. The error of a file that is
// corrupt is io.EOF, too: what stands before is as good as any, and Err tells the rest.
func (r *Reader) ReadAt(b []byte, off int64) (int, error) {
	at := uint64(off)
	if at+uint64(len(b)) <= uint64(len(r.head)) {
		return copy(b, r.head[at:]), nil
	}
	r.Fill(at, len(b))
	if at != r.from { // it ends before
		return 0, io.EOF
	}
	n := copy(b, r.win)
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
