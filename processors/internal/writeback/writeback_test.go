package writeback

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lovoo/goka/storage"
)

// disk is a storage that counts its writes, and fails when told to.
type disk struct {
	storage.Storage
	sets int
	fail error
}

func (d *disk) Set(key string, value []byte) error {
	d.sets++
	if d.fail != nil {
		return d.fail
	}
	return d.Storage.Set(key, value)
}

func build(t testing.TB) (storage.Storage, *disk) {
	t.Helper()
	d := &disk{Storage: storage.NewMemory()}
	st, err := Builder(func(string, int32) (storage.Storage, error) { return d, nil })("table", 0)
	if err != nil {
		t.Fatal(err)
	}
	return st, d
}

func get(t testing.TB, st storage.Storage, key string) string {
	t.Helper()
	b, err := st.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	if b == nil {
		return "(none)"
	}
	return string(b)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOnlyTheNewestValueIsWritten(t *testing.T) {
	st, d := build(t)
	for i := range maxWrites - 1 {
		must(t, st.Set("web-1", fmt.Append(nil, i)))
	}
	if d.sets != 0 || get(t, st, "web-1") != fmt.Sprint(maxWrites-2) {
		t.Errorf("%d writes, value %s", d.sets, get(t, st, "web-1"))
	}
	must(t, st.SetOffset(7))
	must(t, st.Set("web-2", []byte("x"))) // one too many: what came before it is written
	if got := get(t, d, "web-1"); d.sets != 1 || got != fmt.Sprint(maxWrites-2) {
		t.Errorf("%d writes, on disk %s", d.sets, got)
	}
	if offset, err := d.GetOffset(-1); err != nil || offset != 7 {
		t.Errorf("offset %d, %v", offset, err)
	}
	must(t, st.Close())
	if got := get(t, d, "web-2"); got != "x" {
		t.Errorf("after Close there is %s", got)
	}
}

func TestTheOffsetIsNeverAheadOfTheValues(t *testing.T) {
	st, d := build(t)
	must(t, st.Set("a", []byte("1")))
	must(t, st.SetOffset(3))
	if offset, _ := d.GetOffset(-1); offset != -1 {
		t.Errorf("offset %d is on disk before the value", offset)
	}
	if offset, _ := st.GetOffset(-1); offset != 3 {
		t.Errorf("offset %d, want 3", offset)
	}
	d.fail = errors.New("disk full")
	if err := st.Close(); !errors.Is(err, d.fail) {
		t.Errorf("error %v", err)
	}
	if offset, _ := d.GetOffset(-1); offset != -1 {
		t.Errorf("offset %d is on disk without the value", offset)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	st, d := build(t)
	value := []byte(strings.Repeat("v", 64<<10))
	n := heldBytes/len(value) + 1
	for i := range n {
		must(t, st.Set(fmt.Sprint(i), value))
	}
	if d.sets == 0 || st.(*held).bytes > heldBytes {
		t.Errorf("%d writes, %d bytes held", d.sets, st.(*held).bytes)
	}
	for i := range n { // reading holds values, too
		if get(t, st, fmt.Sprint(i)) != string(value) {
			t.Fatalf("key %d is lost", i)
		}
	}
	if got := st.(*held).bytes; got > heldBytes {
		t.Errorf("%d bytes held", got)
	}
}

func TestNobodyElseChangesAValue(t *testing.T) {
	st, _ := build(t)
	b := []byte("mine")
	must(t, st.Set("a", b))
	copy(b, "your")
	got, _ := st.Get("a")
	copy(got, "your")
	if get(t, st, "a") != "mine" {
		t.Error(get(t, st, "a"))
	}
}

// TestItAgreesWithASimpleModel does the same to a storage and to a map.
func TestItAgreesWithASimpleModel(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	t.Log("seed", seed)
	st, d := build(t)
	model := map[string]string{}
	for range 20000 {
		key := fmt.Sprint(random.IntN(50))
		switch random.IntN(5) {
		case 0:
			must(t, st.Delete(key))
			delete(model, key)
		case 1:
			has, err := st.Has(key)
			must(t, err)
			if _, want := model[key]; has != want {
				t.Fatalf("has %s: %t", key, has)
			}
		case 2:
			want, ok := model[key]
			if !ok {
				want = "(none)"
			}
			if got := get(t, st, key); got != want {
				t.Fatalf("%s is %s, want %s", key, got, want)
			}
		default:
			model[key] = strings.Repeat("v", random.IntN(3))
			must(t, st.Set(key, []byte(model[key])))
		}
	}
	it, err := st.Iterator()
	must(t, err)
	left := map[string]string{}
	for it.Next() {
		value, err := it.Value()
		must(t, err)
		left[string(it.Key())] = string(value)
	}
	it.Release()
	if !maps.Equal(left, model) {
		t.Errorf("iterator: %v, want %v", left, model)
	}
	must(t, st.Close())
	if d.sets > 10000/2 {
		t.Errorf("%d writes reached the disk", d.sets)
	}
}
