// Package syslog finds where messages of syslog begin and end in a stream, as RFC
// 6587 says, and makes lines of them.
//
// It does not look into messages: RFC 3164 and RFC 5424 are told apart, and parsed,
// by the pipelines of the collections. It starts no goroutine.
package syslog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

const (
	// maxDigits is how long the count of bytes before a message may be.
	maxDigits = 9
	// readBytes is what a stream reads at once: the least that one connection costs.
	readBytes = 16 << 10
)

// Stream cuts a stream into messages. Make it with NewStream.
type Stream struct {
	r   *bufio.Reader
	max int
	msg []byte
}

// NewStream makes a stream that cuts messages to max bytes.
func NewStream(r io.Reader, max int) *Stream {
	return &Stream{r: bufio.NewReaderSize(r, readBytes), max: max}
}

// Next returns the next message, which is valid until the next call. Each may be
// framed either way: a number without a leading zero and a blank are the count of the
// bytes that follow; anything else goes up to a line feed. Empty messages are passed
// over. Cut says that the message was longer than the bound, or that the stream ended
// inside it. The error is the reader's, io.EOF at the end of the stream.
func (s *Stream) Next() (msg []byte, cut bool, err error) {
	for {
		s.msg = s.msg[:0]
		n, digits, err := s.count()
		if digits > 0 {
			_, _ = s.r.Discard(digits)
			cut, err = s.take(n)
		} else if err == nil {
			cut, err = s.line()
		}
		if len(s.msg) > 0 {
			return s.msg, cut, nil // a second read tells of the error
		}
		if err != nil {
			return nil, false, err
		}
	}
}

// Ready reports whether Next will not wait.
func (s *Stream) Ready() bool {
	b, _ := s.r.Peek(s.r.Buffered())
	b = bytes.TrimLeft(b, "\n")
	n, digits, ok := counted(b)
	if ok && digits > 0 {
		return digits+n <= len(b)
	}
	return ok && bytes.IndexByte(b, '\n') >= 0
}

// count reads the number before a message; digits is how long it is with its blank,
// 0 if there is none. An error comes with none.
func (s *Stream) count() (n, digits int, err error) {
	for size := 1; ; size++ {
		b, err := s.r.Peek(size)
		n, digits, ok := counted(b)
		if ok || len(b) > 0 && errors.Is(err, io.EOF) {
			return n, digits, nil
		}
		if err != nil {
			return 0, 0, err
		}
	}
}

// counted reads the number at the begin of b; not ok: b ends before one can tell.
func counted(b []byte) (n, digits int, ok bool) {
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9' && (c != '0' || i > 0) && i < maxDigits:
			n = 10*n + int(c-'0')
		case c == ' ' && i > 0:
			return n, i + 1, true
		default:
			return 0, 0, true
		}
	}
	return 0, 0, false
}

// take reads a message of n bytes.
func (s *Stream) take(n int) (cut bool, err error) {
	for n > 0 {
		if _, err := s.r.Peek(1); err != nil {
			return true, err
		}
		b, _ := s.r.Peek(min(n, s.r.Buffered()))
		cut = s.add(b) || cut
		n -= len(b)
		_, _ = s.r.Discard(len(b))
	}
	return cut, nil
}

// line reads a message up to a line feed.
func (s *Stream) line() (cut bool, err error) {
	for {
		b, err := s.r.ReadSlice('\n')
		cut = s.add(bytes.TrimSuffix(b, []byte{'\n'})) || cut
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == nil || errors.Is(err, io.EOF): // many senders leave out the last line feed
			return cut, err
		}
		return true, err
	}
}

// add keeps b as far as the bound allows, and reports whether something was left out.
func (s *Stream) add(b []byte) (cut bool) {
	room := min(len(b), s.max-len(s.msg))
	s.msg = append(s.msg, b[:room]...)
	return room < len(b)
}

// AppendLine appends a message as one line. Line ends and NUL bytes at its end belong
// to the framing of some senders and are left out; inside it they are written as #012
// and #000, as rsyslog does. All other bytes stay as they are. A message of which
// nothing is left gives no line.
func AppendLine(dst, msg []byte) []byte {
	msg = bytes.TrimRight(msg, "\r\n\x00")
	if len(msg) == 0 {
		return dst
	}
	for {
		i := bytes.IndexAny(msg, "\n\x00")
		if i < 0 {
			return append(append(dst, msg...), '\n')
		}
		dst = append(dst, msg[:i]...)
		if msg[i] == '\n' {
			dst = append(dst, "#012"...)
		} else {
			dst = append(dst, "#000"...)
		}
		msg = msg[i+1:]
	}
}
