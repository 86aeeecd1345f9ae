package syslog

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// read is all messages of a stream; cut ones end with an ellipsis.
func read(r io.Reader, most int) []string {
	s := NewStream(r, most)
	var all []string
	for {
		msg, cut, err := s.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				all = append(all, err.Error())
			}
			return all
		}
		text := string(msg)
		if cut {
			text += "…"
		}
		all = append(all, text)
	}
}

func TestMessagesAreFramed(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, c := range []struct {
		name, stream string
		want         []string
	}{
		{"line feeds end messages", "<13>one\n<14>two\n", []string{"<13>one", "<14>two"}},
		{"counts of bytes begin messages", "7 <13>one8 <14>two2", []string{"<13>one", "<14>two2"}},
		{"each message is framed its own way", "7 <13>one<14>two\n9 <15>three", []string{"<13>one", "<14>two", "<15>three"}},
		{"a counted message may hold line feeds", "9 <13>a\nb\nc<14>d\n", []string{"<13>a\nb\nc", "<14>d"}},
		{"a counted message may be followed by a line feed", "7 <13>one\n7 <14>two\n", []string{"<13>one", "<14>two"}},
		{"empty lines are no messages", "\n\n<13>one\n\n", []string{"<13>one"}},
		{"the last line feed may be missing", "<13>one", []string{"<13>one"}},
		{"a number without a blank counts nothing", "2026-11-22 text\n13", []string{"2026-11-22 text", "13"}},
		{"a number with a leading zero counts nothing", "07 text\n", []string{"07 text"}},
		{"a number that is too long counts nothing", "1234567890 text\n", []string{"1234567890 text"}},
		{"a stream that ends in a counted message cuts it", "10 <13>one", []string{"<13>one…"}},
		{"a count of nothing is no message", "0 <13>one\n", []string{"0 <13>one"}},
		{"a long line is cut", long + "\n<13>one\n", []string{long[:1000] + "…", "<13>one"}},
		{"a long counted message is cut", fmt.Sprint(len(long), " ", long, "<13>one\n"), []string{long[:1000] + "…", "<13>one"}},
		{"a message of just the bound is whole", long[:1000] + "\n1000 " + long[:1000], []string{long[:1000], long[:1000]}},
		{"nothing is nothing", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := read(strings.NewReader(c.stream), 1000); !slices.Equal(got, c.want) {
				t.Errorf("%.200q", got)
			}
			if got := read(iotest.OneByteReader(strings.NewReader(c.stream)), 1000); !slices.Equal(got, c.want) {
				t.Errorf("byte by byte: %.200q", got)
			}
		})
	}
}

func TestWhatABrokenConnectionBroughtIsKept(t *testing.T) {
	broken := errors.New("broken")
	r := io.MultiReader(strings.NewReader("<13>one\n<14>tw"), iotest.ErrReader(broken))
	want := []string{"<13>one", "<14>tw…", "broken"}
	if got := read(r, 1000); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestMessagesBecomeLines(t *testing.T) {
	for _, c := range []struct{ name, msg, want string }{
		{"as they are", "<13>Nov 22 a: ü \x01", "<13>Nov 22 a: ü \x01\n"},
		{"without the framing of their senders", "<13>one\r\n\x00", "<13>one\n"},
		{"with line feeds and NUL bytes written out", "a\nb\x00c", "a#012b#000c\n"},
		{"only if something is left", "\r\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(AppendLine(nil, []byte(c.msg))); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}

// FuzzStream holds that messages do not depend on how a stream comes in, keep to the
// bound, and that Ready tells the truth.
func FuzzStream(f *testing.F) {
	f.Add("7 <13>one<14>two\n9 <15>three", 20)
	f.Add("\n12 <13>on", 3)
	f.Fuzz(func(t *testing.T, stream string, most int) {
		if most < 1 || most > 1<<16 {
			return
		}
		whole := read(strings.NewReader(stream), most)
		if pieces := read(iotest.OneByteReader(strings.NewReader(stream)), most); !slices.Equal(whole, pieces) {
			t.Errorf("%q in one and %q in pieces", whole, pieces)
		}
		r := &watched{r: strings.NewReader(stream)}
		for s := NewStream(r, most); ; {
			r.sealed = s.Ready()
			msg, _, err := s.Next()
			if r.broken {
				t.Fatal("Next read although it was ready")
			}
			if err != nil {
				return
			}
			if len(msg) > most || len(msg) == 0 {
				t.Fatalf("a message of %d bytes", len(msg))
			}
		}
	})
}

// watched notes a read that should not have been needed.
type watched struct {
	r              io.Reader
	sealed, broken bool
}

func (w *watched) Read(b []byte) (int, error) {
	w.broken = w.broken || w.sealed
	return w.r.Read(b[:min(len(b), 7)])
}
