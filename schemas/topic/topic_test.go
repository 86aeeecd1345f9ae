package topic

import (
	"errors"
	"strings"
	"testing"
)

func TestPartitionGolden(t *testing.T) {
	// FNV-1a 32 of "" is 811c9dc5, of "a" e40c292c, of "foobar" bf9cf968: all
	// negative as signed numbers, so they also pin how the sign is dropped;
	// that of "web-01" is 0d331887.
	for key, want := range map[string]int32{"": 5, "a": 6, "foobar": 6, "web-01": 3} {
		if got := Partition([]byte(key), 10); got != want {
			t.Errorf("%q is in partition %d, want %d", key, got, want)
		}
	}
	for _, key := range []string{"", "a", "host-1", "web-01.example.org"} {
		for n := int32(1); n < 64; n++ {
			if p := Partition([]byte(key), n); p < 0 || p >= n {
				t.Fatalf("%q of %d partitions is in %d", key, n, p)
			}
		}
	}
}

func TestAppNames(t *testing.T) {
	for _, app := range []string{"a", "0", "shop-eu", strings.Repeat("a", 63)} {
		if got, ok := AppOf(Logs(app)); !ok || got != app {
			t.Errorf("%q came back as %q, %v", app, got, ok)
		}
	}
	for _, app := range []string{"", "-a", "A", "a.b", "a_b", "ä", strings.Repeat("a", 64)} {
		if err := CheckApp(app); !errors.Is(err, ErrApp) {
			t.Errorf("%q: error %v", app, err)
		}
	}
	if _, ok := AppOf("raw"); ok {
		t.Error("raw is taken for an app topic")
	}
}
