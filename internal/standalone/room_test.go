package standalone

import (
	"math"
	"strings"
	"testing"
)

func TestAFullFileSystemIsToldAsSuch(t *testing.T) {
	dir := t.TempDir()
	if err := room(dir, 1); err != nil {
		t.Error(err)
	}
	if err := room(dir, math.MaxUint64); err == nil || !strings.Contains(err.Error(), "MiB are left on the file system of "+dir) {
		t.Errorf("error %v", err)
	}
	if err := room(dir+"/none", 1); err == nil {
		t.Error("a folder that is not there has room")
	}
}
