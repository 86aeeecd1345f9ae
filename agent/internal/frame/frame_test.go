package frame

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/millrace/millrace/schemas/record"
)

func TestLinesAreCutAtTheLastNewline(t *testing.T) {
	long := strings.Repeat("L", PartBytes)
	cases := []struct {
		name string
		ask  Ask
		want Cut
	}{
		{"nothing is nothing", Ask{Block: nil}, Cut{}},
		{"no newline: wait", Ask{Block: []byte("abc")}, Cut{}},
		{"no newline at the very end: the rest is an event", Ask{Block: []byte("abc"), Final: true}, Cut{Len: 3, Events: 1}},
		{"whole lines and a rest", Ask{Block: []byte("a\n\nb")}, Cut{Len: 3, Events: 2}},
		{"no more lines than may be", Ask{Block: []byte("a\nbb\nc\nd\n"), Events: 2}, Cut{Len: 5, Events: 2}},
		{"a line of just PartBytes is whole", Ask{Block: []byte(long[1:] + "\n")}, Cut{Len: PartBytes, Events: 1}},
		{"PartBytes without an end may still be a whole line", Ask{Block: []byte(long)}, Cut{}},
		{"and is one at the very end", Ask{Block: []byte(long), Final: true}, Cut{Len: PartBytes, Events: 1}},
		{"a longer line begins with a part", Ask{Block: []byte(long + "\n")}, Cut{Len: PartBytes, Events: 1, Part: 1}},
		{"lines before a long one go first", Ask{Block: []byte("a\n" + long + "x\nb\n")}, Cut{Len: 2, Events: 1, More: true}},
		{"a long one hides behind many lines", Ask{Block: []byte(long[2:] + "\n" + long + "x\n")}, Cut{Len: PartBytes - 1, Events: 1, More: true}},
		{"the last part ends with the line", Ask{Block: []byte("x\nb\n"), Part: 1}, Cut{Len: 2, Events: 1, Part: 2, LastPart: true}},
		{"a part in the middle", Ask{Block: []byte(long + "x"), Part: 1}, Cut{Len: PartBytes, Events: 1, Part: 2}},
		{"a part waits for its end", Ask{Block: []byte("x"), Part: 1}, Cut{}},
		{"a part at the very end", Ask{Block: []byte("x"), Part: 1, Final: true}, Cut{Len: 1, Events: 1, Part: 2, LastPart: true}},
		{"a byte order mark belongs to no event", Ask{Block: []byte("\xef\xbb\xbfab\r\nc\n"), Start: true}, Cut{Len: 7, Events: 1, Spans: []record.Event{{{Off: 3, Len: 2}}}}},
		{"a byte order mark waits for its line", Ask{Block: []byte("\xef\xbb\xbfab"), Start: true}, Cut{}},
		{"elsewhere it is no mark", Ask{Block: []byte("\xef\xbb\xbfab\n")}, Cut{Len: 6, Events: 1}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.ask.Events == 0 {
				c.ask.Events = record.MaxEvents
			}
			if got := (Lines{}).Frame(c.ask); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestHowItIsReadDoesNotMatter frames one text in blocks of random sizes: events
// and parts must come out the same, for ids depend on it.
func TestHowItIsReadDoesNotMatter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var text []byte
	for range 60 {
		n := rnd.IntN(200)
		if rnd.IntN(15) == 0 {
			n = rnd.IntN(3 * PartBytes)
		}
		text = append(text, strings.Repeat("x", n)...)
		text = append(text, '\n')
	}
	text = append(text, "rest"...)
	want := frameAll(t, text, func() (int, int) { return record.MaxBytes, record.MaxEvents })
	for i := range 10 {
		got := frameAll(t, text, func() (int, int) { return 1 + rnd.IntN(record.MaxBytes), 1 + rnd.IntN(50) })
		if got != want {
			t.Fatalf("run %d differs", i)
		}
	}
}

func frameAll(t *testing.T, text []byte, size func() (block, events int)) string {
	var events bytes.Buffer
	part := uint32(0)
	for off := 0; off < len(text); {
		n, most := size()
		end := min(off+n, len(text))
		cut := Lines{}.Frame(Ask{Block: text[off:end], Events: most, Part: part, Final: end == len(text)})
		if cut.Len == 0 {
			cut = Lines{}.Frame(Ask{Block: text[off:min(len(text), off+record.MaxBytes)], Events: most, Part: part, Final: off+record.MaxBytes >= len(text)})
		}
		if cut.Len == 0 {
			t.Fatalf("stuck at %d", off)
		}
		if cut.Part > 0 {
			fmt.Fprintf(&events, "%d+%d part %d %v\n", off, cut.Len, cut.Part, cut.LastPart)
		} else {
			at := off
			for line := range bytes.Lines(text[off : off+cut.Len]) {
				fmt.Fprintf(&events, "%d+%d\n", at, len(line))
				at += len(line)
			}
		}
		part = cut.Part
		if cut.LastPart {
			part = 0
		}
		off += cut.Len
	}
	return events.String()
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\r\n\nc"), 2, uint32(0), true, false)
	f.Fuzz(func(t *testing.T, block []byte, events int, part uint32, final, start bool) {
		events = 1 + max(0, events%record.MaxEvents)
		cut := Lines{}.Frame(Ask{Block: block, Events: events, Part: part % 100, Final: final, Start: start})
		if cut.Len > len(block) || cut.Events > events || (cut.Len == 0 || cut.Hole) != (cut.Events == 0) {
			t.Fatalf("%+v of %d bytes and %d events", cut, len(block), events)
		}
		if cut.Len > 0 && cut.Part == 0 && !cut.Hole && !final && block[cut.Len-1] != '\n' {
			t.Fatal("cut in the middle of a line")
		}
	})
}

func BenchmarkLines(b *testing.B) {
	block := []byte(strings.Repeat(strings.Repeat("x", 199)+"\n", 1310))
	b.SetBytes(int64(len(block)))
	for b.Loop() {
		Lines{}.Frame(Ask{Block: block, Events: record.MaxEvents})
	}
}
