package aside

import (
	"os"
	"path/filepath"
	"testing"
)

func TestNothingIsWrittenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for i, want := range []string{"x.damaged", "x.damaged-2", "x.damaged-3"} {
		if err := os.WriteFile(path, []byte{byte(i)}, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Move(path, "damaged")
		if err != nil || filepath.Base(got) != want {
			t.Fatalf("it is called %s, %v; want %s", got, err, want)
		}
	}
	for i, name := range []string{"x.damaged", "x.damaged-2", "x.damaged-3"} {
		if b, err := os.ReadFile(filepath.Join(filepath.Dir(path), name)); err != nil || len(b) != 1 || b[0] != byte(i) {
			t.Errorf("%s holds %v, %v", name, b, err)
		}
	}
}
