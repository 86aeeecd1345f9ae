package event

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/internal/packed/packedtest"
)

func answerOf(fields map[uint8]Value) *Answer {
	var parts []Part
	for n, v := range fields {
		parts = append(parts, Part{n, v})
	}
	return NewAnswer(parts...)
}

func TestAnswersGoWhereTheyAreWantedAndSetFixedFieldsForOneEvent(t *testing.T) {
	e := New(NewSchema())
	e.Fix([]Fixed{{HostName, Text("web-1")}})
	targets := []ID{UserName, None, HostName}
	a := answerOf(map[uint8]Value{0: Constant("alice"), 1: Constant("nowhere"), 2: Constant("db-1")})
	for range 2 {
		e.Reset()
		e.SetAnswers(targets, a, nil)
		if got, want := string(e.Append(nil)), `{"user":{"name":"alice"},"host":{"name":"db-1"}}`; got != want {
			t.Errorf("%s, not %s", got, want)
		}
		e.Reset()
		if got, want := string(e.Append(nil)), `{"host":{"name":"web-1"}}`; got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

func TestAnAnswerHasWhatItWasGivenAndWhatAnotherKnowsBesides(t *testing.T) {
	a := answerOf(map[uint8]Value{3: Constant("three"), 1: Constant("one")})
	b := a.With(answerOf(map[uint8]Value{1: Constant("other"), 2: Constant("two")}))
	for field, want := range []string{"", `"one"`, `"two"`, `"three"`} {
		v, ok := b.Field(uint8(field))
		if ok != (want != "") || string(v.Bytes()) != want {
			t.Errorf("field %d is %s", field, v.Bytes())
		}
	}
	if a.Fields() != 2 || b.Fields() != 3 {
		t.Errorf("%d and %d fields", a.Fields(), b.Fields())
	}
}

func TestShapesAreForgottenBeforeTheyAreTooMany(t *testing.T) {
	e, a := New(NewSchema()), answerOf(map[uint8]Value{0: Constant("alice"), 1: Constant("/")})
	for range 2 * maxShapes {
		for _, targets := range [][]ID{{UserName, URLPath}, {UserName, None}} { // steps that come once
			e.Reset()
			e.SetAnswers(targets, nil, a)
			if got, want := e.Get(URLPath) != nil, targets[1] == URLPath; got != want {
				t.Fatalf("an event has a field: %t", got)
			}
		}
	}
	if e.shapes.count > maxShapes {
		t.Errorf("%d are known", e.shapes.count)
	}
}

// halves makes answers that have some of the fields, and one that has none; of a tenth of them, one field has to be mended.
func (r *wording) halves(count int, fields ...uint8) []*Answer {
	all := []*Answer{nil}
	for range count {
		known := map[uint8]Value{}
		for _, field := range fields {
			if r.IntN(2) == 0 {
				known[field] = r.lasting[r.IntN(len(r.lasting))]
			}
		}
		if r.IntN(10) == 0 {
			known[fields[0]] = Text("mended \xff")
		}
		all = append(all, answerOf(known))
	}
	return all
}

// pairs are answers of which each may come with each: those of even and those of odd fields.
type pairs struct{ even, odd []*Answer }

func (r *wording) pair(p *pairs) (a, b *Answer) {
	return p.even[r.IntN(len(p.even))], p.odd[r.IntN(len(p.odd))]
}

// twins are two events that are given the same: one by answers, the other field by field.
type twins struct {
	*wording
	a, b  *Event
	steps [][]ID
	pairs pairs
}

func newTwins(seed uint64) *twins {
	s := NewSchema()
	geo, name, user := s.Intern("source.geo"), s.Intern("source.geo.name"), s.Intern("user.id")
	t := &twins{wording: newWording(seed), a: New(s), b: New(s), steps: [][]ID{
		{UserName, URLPath, None, HostName, Timestamp, None}, {URLPath, URLQuery, UserName, None, None, user}, {name, user, geo, None, None, None},
	}}
	t.pairs = pairs{t.halves(20, 0, 2, 4), t.halves(20, 1, 3, 5)}
	return t
}

// change does the same to both, somehow. It returns what differs.
func (t *twins) change() (differs string) {
	step := t.steps[t.IntN(len(t.steps))]
	id := step[t.IntN(len(step))]
	switch t.IntN(8) {
	case 0:
		v := t.value([]byte("some message"))
		t.a.Set(id, v)
		t.b.Set(id, v)
	case 1:
		if got, want := t.a.Get(id), t.b.Get(id); (got == nil) != (want == nil) || got != nil && *got != *want {
			return fmt.Sprintf("%s is %v, not %v", t.a.Path(id), got, want)
		}
	case 2:
		t.a.Remove(id)
		t.b.Remove(id)
	case 3:
		path := fmt.Appendf(nil, "learned.%d", t.IntN(3000))
		t.a.Set(t.a.Intern(path), Int(1))
		t.b.Set(t.b.Intern(path), Int(1))
	case 4:
		t.a.Tag("late")
		t.b.Tag("late")
	default:
		even, odd := t.pair(&t.pairs)
		t.a.SetAnswers(step, even, odd)
		for field, target := range step {
			answer := even
			if field%2 == 1 {
				answer = odd
			}
			if answer == nil {
				continue
			}
			if v, ok := answer.Field(uint8(field)); ok {
				t.b.Set(target, v)
			}
		}
	}
	return ""
}

// begin begins both anew.
func (t *twins) begin(n int) {
	for _, e := range []*Event{t.a, t.b} {
		if e.Reset(); n%500 == 0 {
			e.Fix([]Fixed{{HostName, Text("web-1")}, {ServiceName, Text(fmt.Sprint("app-", n))}})
		}
	}
}

func TestAnswersAreFieldsLikeOthers(t *testing.T) {
	seed := rand.Uint64()
	twins, w := newTwins(seed), packed.NewWriter()
	var want []byte
	for n := range 3000 {
		twins.begin(n)
		for range twins.IntN(9) {
			if differs := twins.change(); differs != "" {
				t.Fatalf("seed %d: %s", seed, differs)
			}
		}
		if twins.IntN(5) > 0 {
			twins.a.Set(LogOffset, Int(int64(n)))
			twins.b.Set(LogOffset, Int(int64(n)))
		}
		if twins.a.Count() != twins.b.Count() {
			t.Fatalf("seed %d: %d fields, not %d", seed, twins.a.Count(), twins.b.Count())
		}
		for {
			mark := w.Mark()
			tail := twins.a.PackedTail()
			whole := twins.a.Pack(w)
			if whole && w.Fits() {
				own, wantTail := twins.b.AppendOwn(nil)
				if (tail == nil) != (wantTail == nil) || tail != nil && !tail.Equal(wantTail) {
					t.Fatalf("seed %d: tail %+v, not %+v", seed, tail, wantTail)
				}
				want = append(append(want, own...), '\n')
				break
			}
			if w.Back(mark); whole {
				w.Next()
			}
		}
	}
	got := packedtest.Unpack(t, w.Finish())
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("seed %d: from %d on\n%.200s\nnot\n%.200s", seed, i, got[max(0, i-80):], want[max(0, i-80):])
		}
	}
	if len(got) != len(want) {
		t.Errorf("seed %d: %d bytes, not %d", seed, len(got), len(want))
	}
}
