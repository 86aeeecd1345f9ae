package produce

import (
	"slices"
	"testing"
)

func TestKeys(t *testing.T) {
	emit := func(n uint64) *item { return &item{number: n, Emit: Emit{Message: Message{Key: "k"}}} }
	resolved := func(it *item) (numbers []uint64) {
		for o := it.older; o != nil; o = o.older {
			numbers = append(numbers, o.number)
		}
		slices.Sort(numbers)
		return numbers
	}
	three := func(t *testing.T) (ks keys, a, b, c *item) {
		t.Helper()
		ks, a, b, c = make(keys), emit(1), emit(2), emit(3)
		if !ks.sent(a) || ks.sent(b) || ks.sent(c) {
			t.Fatal("not only the first of three goes at once")
		}
		return ks, a, b, c
	}
	t.Run("an emit alone goes at once, is sent again when it fails, and is forgotten when it is written", func(t *testing.T) {
		ks, a := make(keys), emit(1)
		if !ks.sent(a) || ks.again(a) != a {
			t.Fatal("it is not sent")
		}
		if ks.wrote(a) != nil || len(ks) != 0 {
			t.Error("it is not forgotten")
		}
	})
	t.Run("behind a written emit the newest goes, and resolves those between", func(t *testing.T) {
		ks, a, _, c := three(t)
		if ks.wrote(a) != c {
			t.Fatal("another goes")
		}
		if got := resolved(c); !slices.Equal(got, []uint64{2}) {
			t.Errorf("the newest resolves %v", got)
		}
		if ks.wrote(c) != nil || len(ks) != 0 {
			t.Error("the key is not forgotten")
		}
	})
	t.Run("in the place of a failed emit the newest goes, and resolves it, too", func(t *testing.T) {
		ks, a, _, c := three(t)
		if ks.again(a) != c {
			t.Fatal("another goes")
		}
		if got := resolved(c); !slices.Equal(got, []uint64{1, 2}) {
			t.Errorf("the newest resolves %v", got)
		}
	})
	t.Run("what failed twice loses none", func(t *testing.T) {
		ks, a, _, c := three(t)
		ks.again(a)
		d, e := emit(4), emit(5)
		if ks.sent(d) || ks.sent(e) || ks.again(c) != e {
			t.Fatal("not the newest goes")
		}
		if got := resolved(e); !slices.Equal(got, []uint64{1, 2, 3, 4}) {
			t.Errorf("the newest resolves %v", got)
		}
		if ks.wrote(e) != nil || len(ks) != 0 {
			t.Error("the key is not forgotten")
		}
	})
	t.Run("keys know nothing of one another", func(t *testing.T) {
		ks, a := make(keys), emit(1)
		other := &item{Emit: Emit{Message: Message{Key: "other"}}}
		if !ks.sent(a) || !ks.sent(other) || ks.wrote(a) != nil || len(ks) != 1 {
			t.Error("one waits for the other")
		}
	})
}
