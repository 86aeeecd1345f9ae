package event

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/internal/packed/packedtest"
)

// Readers that copy in words refuse a block whose last bytes are a repetition.
func TestABlockEndsInTextThatIsWrittenOut(t *testing.T) {
	for _, last := range []Value{Int(7), String(nil), Constant("word")} {
		e, w := New(NewSchema()), packed.NewWriter()
		var want []byte
		for _, first := range []string{"a", "b"} { // frames of which the end is the same
			e.Reset()
			e.Set(e.Intern([]byte(first)), Int(1))
			e.Set(e.Intern([]byte("between")), Int(2))
			e.Set(e.Intern([]byte("last")), last)
			want = append(want, pack(t, e, w)...)
		}
		if got := packedtest.Unpack(t, w.Finish()); !bytes.Equal(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTextThatIsMendedAgainTagsAgain(t *testing.T) {
	e, w := New(NewSchema()), packed.NewWriter()
	var want []byte
	for i := range 5 {
		e.Reset()
		e.Set(e.Intern([]byte("a")), String([]byte("bad\xff")))
		e.Set(LogOffset, Int(int64(i)))
		e.Tag("late") // so the event has the same fields before and after it is tagged
		if e.tagged(TagInvalidUTF8) {
			t.Fatal("an event has the tag of another")
		}
		want = append(want, pack(t, e, w)...)
		if !e.tagged(TagInvalidUTF8) {
			t.Errorf("event %d is not tagged", i)
		}
	}
	if got := packedtest.Unpack(t, w.Finish()); !bytes.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAShortTextThatNeverCameAgainIsNoticedWhenItDoes(t *testing.T) {
	e := New(NewSchema())
	id := e.Intern([]byte("short"))
	w := packed.NewWriter()
	var want []byte
	write := func(text string) *last {
		e.Reset()
		e.Set(id, Text(text))
		e.Set(LogOffset, ConstantNumber("1234567"))
		want = append(want, pack(t, e, w)...)
		return &e.plan.frame.pieces[0].last
	}
	looked := 0
	for i := range often * 3 {
		if l := write(fmt.Sprint("other ", i)); l.kept == keptText {
			looked++
		}
	}
	if looked == 0 || looked > often {
		t.Errorf("of %d texts %d were kept in mind", 3*often, looked)
	}
	for range 2 * often {
		write("the same")
	}
	if l := write("the same"); l.kept != keptText || l.vain != 0 {
		t.Errorf("not seen to be the same: %+v", l)
	}
	if got := unpack(t, w.Finish()); !bytes.Equal(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
