package source

import (
	"os"
	"path/filepath"
	"testing"
)

func full(t *testing.T, path string) Info {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := Full(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestAFileKeepsItsIDThroughRenamesAndANewOneHasAnother(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	write := func() {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for i := range 50 { // the file system gives the inode again
		write()
		before := full(t, path).Key
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		after := full(t, path+".1").Key
		if before != after || !before.Same(after) || !before.Named(after) || before.ID("h") != after.ID("h") {
			t.Fatalf("a rename changed %+v into %+v", before, after)
		}
		if id := after.ID("h").String(); seen[id] {
			t.Fatalf("file %d has the id of an earlier one", i)
		} else {
			seen[id] = true
		}
		if err := os.Remove(path + ".1"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSameGoesByWhatBothKeysKnow(t *testing.T) {
	a := Key{HandleType: 1, Handle: "h", Birth: 5, Inode: 7, Dev: 1}
	change := func(f func(*Key)) Key { k := a; f(&k); return k }
	cases := []struct {
		name string
		a, b Key
		want bool
	}{
		{"equal", a, a, true},
		{"another device number, as after a reboot", a, change(func(k *Key) { k.Dev = 2 }), true},
		{"another handle", a, change(func(k *Key) { k.Handle = "i" }), false},
		{"another birth", a, change(func(k *Key) { k.Birth = 6 }), false},
		{"no handle now", a, change(func(k *Key) { k.Handle = "" }), true},
		{"no handle now and another inode", a, change(func(k *Key) { k.Handle, k.Inode = "", 8 }), false},
		{"neither handle nor birth: the device must agree", Key{Inode: 7, Dev: 1}, Key{Inode: 7, Dev: 2}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.a.Same(c.b); got != c.want || c.b.Same(c.a) != got {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestTheHostIDSurvivesALostFolder(t *testing.T) {
	dir := t.TempDir()
	id, err := HostID(dir, "", "web-1")
	if err != nil || id == "" {
		t.Fatal(id, err)
	}
	if again, _ := HostID(t.TempDir(), "", "web-1"); again != id {
		t.Errorf("%q became %q", id, again)
	}
	if other, _ := HostID(t.TempDir(), "", "web-2"); other == id {
		t.Error("another host has the same id")
	}
	if renamed, _ := HostID(dir, "", "web-2"); renamed != id {
		t.Error("a new host name changed the stored id")
	}
	if given, _ := HostID(dir, "node-7", "web-1"); given != "node-7" {
		t.Errorf("the given id became %q", given)
	}
	if stored, _ := HostID(dir, "", "web-1"); stored != "node-7" {
		t.Errorf("the given id was not stored: %q", stored)
	}
}

func TestIDsDifferByHostAndKind(t *testing.T) {
	withHandle := Key{HandleType: 1, Handle: "h", Inode: 1}
	ids := map[string]bool{}
	for _, id := range []string{
		withHandle.ID("a").String(), withHandle.ID("b").String(), Key{Inode: 1}.ID("a").String(), Key{Inode: 1, Dev: 1}.ID("a").String(),
	} {
		ids[id] = true
	}
	if len(ids) != 4 {
		t.Errorf("%d different ids of 4", len(ids))
	}
}
