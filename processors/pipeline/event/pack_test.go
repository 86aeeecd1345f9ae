package event

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/packed"
)

// pack writes an event as a batch does, and returns what it should have written.
func pack(t testing.TB, e *Event, w *packed.Writer) (want []byte) {
	t.Helper()
	for try := 0; ; try++ {
		mark, at := w.Mark(), w.At()
		tail := e.PackedTail()
		if whole := e.Pack(w); !whole {
			if w.Back(mark); w.At() != at || try > 0 {
				t.Fatalf("at %d after going back to %d, try %d", w.At(), at, try)
			}
			continue
		}
		if !w.Fits() {
			w.Back(mark)
			w.Next()
			continue
		}
		own, wantTail := e.AppendOwn(nil)
		if (tail == nil) != (wantTail == nil) || tail != nil && !tail.Equal(wantTail) {
			t.Fatalf("tail %+v, want %+v", tail, wantTail)
		}
		return append(own, '\n')
	}
}

func unpack(t testing.TB, text packed.Text) []byte {
	t.Helper()
	got, err := text.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// wording makes values of which many are alike.
type wording struct {
	*rand.Rand
	lasting []Value
}

func newWording(seed uint64) *wording {
	r := &wording{Rand: rand.New(rand.NewPCG(seed, 1))}
	for i := range 40 {
		r.lasting = append(r.lasting, Lasting(fmt.Appendf(nil, "%q", strings.Repeat("word", i%7)+fmt.Sprint(i%11))))
	}
	r.lasting = append(r.lasting, ConstantNumber("3320"), ConstantNumber("7"))
	return r
}

func (r *wording) text() string {
	words := []string{"GET", "a", "", `say "yes"`, "back\\slash", "/a/long/path/to/some/thing/that/comes/again", "tab\t", "\x00", "é", "日本", "1", "200", "bad\xff"}
	var b strings.Builder
	for range r.IntN(12) {
		b.WriteString(words[r.IntN(len(words)-r.IntN(2))])
		b.WriteString(strings.Repeat(" ", r.IntN(2)))
	}
	if r.IntN(50) == 0 {
		b.WriteString(strings.Repeat(b.String(), r.IntN(30)))
	}
	return b.String()
}

func (r *wording) value(message []byte) Value {
	switch r.IntN(12) {
	case 0:
		return Int(int64(r.IntN(3)) * 1_000_000)
	case 1:
		return Time(time.Unix(1_700_000_000+int64(r.IntN(2)), int64(r.IntN(3))*500_000_000))
	case 2:
		return Time(time.Unix(400_000_000_000, 7))
	case 3:
		return Bool(r.IntN(2) == 0)
	case 4:
		return Quoted([]byte(`"` + strings.Repeat("quoted ", r.IntN(9)) + `"`))
	case 5:
		return Number([]byte("12345678901234567890"[:1+r.IntN(20)]))
	case 6:
		return String([]byte(r.text()))
	case 7:
		return Raw([]byte(`["a","b"]`))
	case 8, 9:
		return r.lasting[r.IntN(len(r.lasting))]
	}
	from := r.IntN(len(message) + 1)
	return String(message[from : from+r.IntN(len(message)-from+1)])
}

func TestPackedDocumentsAreThoseThatAreAppended(t *testing.T) {
	paths := []string{
		"@timestamp", "user_agent.name", "user_agent.original", "url.path", "url.query", "http.request.method", "source.ip", "log.level", "z", "tags",
		"error.message", "host.name", "event.kind", "a", "a.b", "log.offset",
	}
	for round := range uint64(60) {
		seed := rand.Uint64() + round
		r := newWording(seed)
		e, w := New(NewSchema()), packed.NewWriter()
		if round%2 == 0 {
			e.Fix(origin())
		}
		var want []byte
		for range 1 + r.IntN(600) {
			e.Reset()
			message := []byte(r.text())
			if r.IntN(20) > 0 {
				e.Set(Message, String(message))
				e.Set(LogOffset, Int(int64(r.IntN(1_000_000))))
			}
			for i, path := range paths {
				if r.IntN(len(paths)) > i/2 {
					e.Set(e.Intern([]byte(path)), r.value(message))
				}
			}
			if r.IntN(10) == 0 {
				e.Tag("late")
			}
			want = append(want, pack(t, e, w)...)
		}
		text := w.Finish()
		if text.Size != len(want) {
			t.Errorf("seed %d: size %d, want %d", seed, text.Size, len(want))
		}
		if got := unpack(t, text); !bytes.Equal(got, want) {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			t.Fatalf("seed %d: from byte %d of %d on\ngot  %.200q\nwant %.200q", seed, at, len(want), got[max(0, at-60):], want[max(0, at-60):])
		}
	}
}
