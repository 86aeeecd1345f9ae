package event

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/internal/packed/packedtest"
)

// does is something done to an event, which depends on nothing but the event.
type does func(*Event)

// deeds makes things to do to events: of more answers than an event keeps as they are, which cover each other, fixed fields
// and fields of lines, and of all that goes back.
type deeds struct {
	*wording
	steps [][]ID
	pairs pairs
	fixed [][]Fixed
}

func newDeeds(s *Schema, seed uint64) *deeds {
	d := &deeds{wording: newWording(seed)}
	for n := range 12 { // each has some fields of its own, and one that is another's or fixed
		shared := []ID{HostName, URLPath, s.Intern(fmt.Sprint("a.", n-1)), None, s.InternHidden("_ingest._value"), ServiceName, s.Intern(fmt.Sprintf("z.%d.x", n))}[d.IntN(7)]
		d.steps = append(d.steps, []ID{s.Intern(fmt.Sprint("a.", n)), s.Intern(fmt.Sprintf("z.%d", n)), shared, s.Intern(fmt.Sprintf("user.%d.name", n))})
	}
	d.pairs = pairs{d.halves(15, 0, 2), d.halves(15, 1, 3)}
	for n := range 4 {
		fields := []Fixed{{HostName, Constant([]string{"web-1", "web-2", "w\xff", "web-1"}[n])}, {ServiceName, Constant("shop")}, {LogFilePath, Constant(fmt.Sprint("/", n))}}
		d.fixed = append(d.fixed, fields[:1+d.IntN(3)])
	}
	return d
}

// deed is one thing to do.
func (d *deeds) deed() does {
	step := d.steps[d.IntN(len(d.steps))]
	even, odd := d.pair(&d.pairs)
	id, v, n := step[d.IntN(len(step))], d.value([]byte("some message")), d.IntN(3000)
	if d.IntN(4) == 0 {
		id = []ID{Tags, HostName, LogFilePath, Message, LogOffset, ServiceName}[d.IntN(6)]
	}
	switch d.IntN(24) {
	case 0, 1:
		if id == Tags {
			return func(e *Event) { e.Set(id, Raw([]byte(`["own"]`))) }
		}
		return func(e *Event) { e.Set(id, v) }
	case 2:
		return func(e *Event) { e.Remove(id) }
	case 3:
		if n%30 == 0 { // soon more are known than an event keeps
			return func(e *Event) {
				for i := range 500 {
					e.Set(e.Intern(fmt.Appendf(nil, "more.%d", n+i)), v)
				}
			}
		}
		return func(e *Event) { e.Set(e.Intern(fmt.Appendf(nil, "learned.%d", n)), Int(1)) }
	case 4:
		return func(e *Event) { e.Tag("late") }
	case 5:
		path := []string{"a", "z", "user", "host", fmt.Sprint("z.", n%12)}[d.IntN(5)]
		return func(e *Event) { e.RemoveAll(e.Lookup(path), path) }
	case 6, 7:
		inner := []does{d.deed(), d.deed(), d.deed()}
		return func(e *Event) {
			var s Saved
			e.Save(&s)
			for _, do := range inner {
				do(e)
			}
			e.Restore(&s)
		}
	case 8:
		return func(e *Event) {
			if got := e.Get(id); got != nil && id != Tags {
				e.Set(LogOffset, *got)
			}
		}
	case 9:
		fields := FieldsOf(URLPath, HTTPVersion, LogOffset)
		return func(e *Event) {
			draft := e.Draft(&fields)
			if draft == nil {
				return
			}
			draft[URLPath], draft[HTTPVersion], draft[LogOffset] = v, v, Int(int64(n))
			if commit := FieldsOf(URLPath, LogOffset); n%3 > 0 {
				e.Commit(&commit)
			}
		}
	}
	return func(e *Event) { e.SetAnswers(step, even, odd) }
}

// TestAnEventThatIsUsedAgainIsAsNew does the same to an event that is used for all documents and is packed, and to new ones.
func TestAnEventThatIsUsedAgainIsAsNew(t *testing.T) {
	for seed := range uint64(30) {
		s := NewSchema()
		d := newDeeds(s, seed)
		again, w := New(s), packed.NewWriter()
		var common []Fixed
		var all [][]does
		var want [][]byte
		for n := range 150 {
			if again.Reset(); n == 0 || d.IntN(20) == 0 {
				common = d.fixed[d.IntN(len(d.fixed))]
				again.Fix(common)
			}
			doing := make([]does, d.IntN(16))
			for i := range doing {
				doing[i] = d.deed()
			}
			if len(all) > 0 && d.IntN(2) == 0 {
				doing = all[d.IntN(len(all))]
			}
			all = append(all, doing)
			fresh := New(s)
			fresh.Reset()
			fresh.Fix(common)
			for _, do := range doing {
				do(again)
				do(fresh)
			}
			own, wantTail := fresh.AppendOwn(nil)
			if d.IntN(10) == 0 {
				if got, tail := again.AppendOwn(nil); !bytes.Equal(got, own) || !tail.Equal(wantTail) {
					t.Fatalf("seed %d: %s, not %s", seed, got, own)
				}
			}
			for {
				mark, tail := w.Mark(), again.PackedTail()
				whole := again.Pack(w)
				if whole && w.Fits() {
					if !tail.Equal(wantTail) {
						t.Fatalf("seed %d: tail %+v, not %+v", seed, tail, wantTail)
					}
					break
				}
				if w.Back(mark); whole {
					w.Next()
				}
			}
			want = append(want, append(own, '\n'))
		}
		if got, want := packedtest.Unpack(t, w.Finish()), slices.Concat(want...); !bytes.Equal(got, want) {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			t.Fatalf("seed %d: from %d on\n%.300s\nnot\n%.300s", seed, at, got[max(0, at-150):], want[max(0, at-150):])
		}
	}
}
