package cache

import (
	"strconv"
	"testing"
)

func TestWhatIsAskedForStaysAndTheRestIsForgotten(t *testing.T) {
	const size = 256
	c := New[int](size)
	for i := range 10_000 {
		c.Put(strconv.Itoa(i), i)
		if v, ok := c.Get([]byte("0")); !ok || v != 0 {
			t.Fatalf("after %d the text that is asked for each time is gone", i)
		}
		if c.Len() > size {
			t.Fatalf("%d texts are known", c.Len())
		}
	}
	if _, ok := c.Get([]byte("1")); ok {
		t.Error("a text that nobody asked for is still known")
	}
}

func TestATableThatGrowsLosesNothing(t *testing.T) {
	const texts = 500
	c := New[int](1 << 16)
	for i := range texts {
		c.Put(strconv.Itoa(i), i)
	}
	for i := range texts {
		if v, ok := c.Get([]byte(strconv.Itoa(i))); !ok || v != i {
			t.Errorf("%d is %d, %v", i, v, ok)
		}
	}
	if c.Len() != texts {
		t.Errorf("%d texts are known", c.Len())
	}
}

func TestAHitAllocatesNothing(t *testing.T) {
	c := New[int](16)
	c.Put("text", 1)
	text := []byte("text")
	if n := testing.AllocsPerRun(100, func() { c.Get(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
