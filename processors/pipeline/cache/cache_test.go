package cache

import (
	"strconv"
	"testing"
)

func TestWhatIsAskedForStaysAndTheRestIsForgotten(t *testing.T) {
	c := New[int](100)
	for i := range 1000 {
		c.Put(strconv.Itoa(i), i)
		if v, ok := c.Get([]byte("0")); !ok || v != 0 {
			t.Fatalf("after %d the text that is asked for each time is gone", i)
		}
		if c.Len() > 200 {
			t.Fatalf("%d texts are known", c.Len())
		}
	}
	if _, ok := c.Get([]byte("1")); ok {
		t.Error("a text that nobody asked for is still known")
	}
}

func TestAHitAllocatesNothing(t *testing.T) {
	c := New[int](10)
	c.Put("text", 1)
	text := []byte("text")
	if n := testing.AllocsPerRun(100, func() { c.Get(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
