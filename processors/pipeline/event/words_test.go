package event

import (
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

func TestWordsOfTheSameTextHaveTheSameMemory(t *testing.T) {
	var w Words
	a, b := w.Constant("Åland \"Islands\""), w.Constant(strings.Clone("Åland \"Islands\""))
	if unsafe.SliceData(a.Bytes()) != unsafe.SliceData(b.Bytes()) || !a.Lasts() || string(a.Bytes()) != `"Åland \"Islands\""` {
		t.Errorf("%q and %q", a.Bytes(), b.Bytes())
	}
	for i := range 3 * maxWords {
		w.Constant(strconv.Itoa(i))
	}
	if len(w.known) > maxWords {
		t.Errorf("%d words are known", len(w.known))
	}
	if long := strings.Repeat("x", longestWord+1); string(w.Constant(long).Bytes()) != `"`+long+`"` || w.known[long].Bytes() != nil {
		t.Error("a long text is remembered, or another")
	}
}

func TestAConstantThatIsNoUTF8IsMendedInEachDocument(t *testing.T) {
	e := New(NewSchema())
	e.Set(UserName, Constant("a\xff"))
	if got := string(e.Append(nil)); got != "{\"user\":{\"name\":\"a\uFFFD\"},\"tags\":[\"_invalid_utf8\"]}" {
		t.Error(got)
	}
}
