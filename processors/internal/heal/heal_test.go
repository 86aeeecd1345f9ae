package heal

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/lovoo/goka/storage"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// leveldb's buffer pool ends a second after Close
		goleak.IgnoreTopFunction("github.com/syndtr/goleveldb/leveldb.(*DB).mpoolDrain"))
}

// place is a folder of local tables and the topic behind it.
type place struct {
	t      *testing.T
	dir    string
	topic  Topic
	err    error
	lost   bool // the session that closes
	healed []string
}

func (p *place) open() (storage.Storage, error) {
	p.healed = nil
	return Builder(Config{
		Dir:     p.dir,
		Lookup:  func(string, int32) (Topic, error) { return p.topic, p.err },
		Log:     slog.New(slog.DiscardHandler),
		Healed:  func(reason string) { p.healed = append(p.healed, reason) },
		Trusted: func(int32) bool { return !p.lost },
	})("table", 0)
}

// fill makes a local table with one key and the offset 9.
func (p *place) fill() {
	p.t.Helper()
	st, err := p.open()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := errors.Join(st.Open(), st.Set("key", []byte("local")), st.SetOffset(9), st.MarkRecovered(), st.Close()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) folder() folder { return folder(filepath.Join(p.dir, "table.0")) }

func (p *place) write(name string) {
	p.t.Helper()
	if err := os.WriteFile(name, []byte("garbage"), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) remove(name string) {
	p.t.Helper()
	if err := os.RemoveAll(name); err != nil {
		p.t.Fatal(err)
	}
}

func TestBuilder(t *testing.T) {
	for name, c := range map[string]struct {
		before func(*place)
		healed []string
	}{
		"keeps a table that fits its topic":          {func(*place) {}, nil},
		"keeps a table that is behind its topic":     {func(p *place) { p.topic.Next = 1000 }, nil},
		"keeps a table when brokers have no ids":     {func(p *place) { p.topic.ID = "" }, nil},
		"wipes a table whose topic is empty":         {func(p *place) { p.topic.Next = 0 }, []string{Ahead}},
		"wipes a table that is ahead of its topic":   {func(p *place) { p.topic.Next = 9 }, []string{Ahead}},
		"wipes a table of a topic that was replaced": {func(p *place) { p.topic = Topic{ID: "new", Next: 1000} }, []string{OtherTopic}},
		"wipes a table whose topic is not noted":     {func(p *place) { p.remove(p.folder().topic()) }, []string{OtherTopic}},
		"wipes a table that does not open":           {func(p *place) { p.write(filepath.Join(string(p.folder()), "CURRENT")) }, []string{Unreadable}},
		"wipes a file in the place of a table": {func(p *place) {
			p.remove(string(p.folder()))
			p.write(string(p.folder()))
		}, []string{Unreadable}},
		"wipes a table that nobody has closed":   {func(p *place) { p.write(p.folder().used()) }, []string{Unclean}},
		"wipes a table that failed while in use": {func(p *place) { p.write(p.folder().broken()) }, []string{Unreadable}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &place{t: t, dir: t.TempDir(), topic: Topic{ID: "old", Next: 10}}
			p.fill()
			c.before(p)
			for again := range 2 { // a healed table is not wiped again
				st, err := p.open()
				if err != nil {
					t.Fatal(err)
				}
				value, err := st.Get("key")
				if kept := value != nil; err != nil || kept != (c.healed == nil) {
					t.Errorf("open %d: the value is %q (%v)", again, value, err)
				}
				if again == 0 && !reflect.DeepEqual(p.healed, c.healed) || again == 1 && p.healed != nil {
					t.Errorf("open %d: healed %v, want %v the first time", again, p.healed, c.healed)
				}
				if err := st.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestACopyOfASessionThatHadLostItsPartitionIsWipedNextTime(t *testing.T) {
	p := &place{t: t, dir: t.TempDir(), topic: Topic{ID: "old", Next: 10}, lost: true}
	p.fill()
	p.lost = false
	st, err := p.open()
	if err != nil || !reflect.DeepEqual(p.healed, []string{Unclean}) {
		t.Fatalf("healed %v (%v)", p.healed, err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestBuilderFailsWhereWipingDoesNotHelp(t *testing.T) {
	t.Run("when the folder is in use", func(t *testing.T) {
		p := &place{t: t, dir: t.TempDir(), topic: Topic{ID: "old", Next: 10}}
		st, err := p.open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		if err := st.Set("key", []byte("live")); err != nil {
			t.Fatal(err)
		}
		if _, err := p.open(); err == nil || p.healed != nil {
			t.Errorf("error %v, healed %v", err, p.healed)
		}
		if value, err := st.Get("key"); string(value) != "live" {
			t.Errorf("who uses it has %q (%v)", value, err)
		}
	})
	t.Run("when it cannot be noted that the folder is in use, until it can", func(t *testing.T) {
		p := &place{t: t, dir: t.TempDir(), topic: Topic{ID: "old", Next: 10}}
		p.fill()
		if err := os.Symlink(filepath.Join(p.dir, "away", "used"), p.folder().used()); err != nil {
			t.Fatal(err)
		}
		if _, err := p.open(); err == nil {
			t.Error("no error")
		}
		p.remove(p.folder().used())
		st, err := p.open()
		if err != nil || p.healed != nil {
			t.Fatalf("afterwards: error %v, healed %v", err, p.healed)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("when Kafka cannot be asked", func(t *testing.T) {
		p := &place{t: t, dir: t.TempDir(), err: errors.New("away")}
		if _, err := p.open(); !errors.Is(err, p.err) || p.healed != nil {
			t.Errorf("error %v, healed %v", err, p.healed)
		}
	})
}

func TestACopyThatFailsIsWipedNextTimeWhereThatCannotBeNotedEither(t *testing.T) {
	p := &place{t: t, dir: t.TempDir(), topic: Topic{ID: "old", Next: 10}}
	st, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	if err := st.SetOffset(3); err != nil {
		t.Fatal(err)
	}
	w := st.(*watched)
	_ = w.check(errors.New("no space left"))
	p.remove(p.folder().broken()) // nor was there space for that
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	st, err = p.open()
	if err != nil || !reflect.DeepEqual(p.healed, []string{Unclean}) {
		t.Fatalf("healed %v (%v)", p.healed, err)
	}
	p.remove(p.folder().used())
	if err := st.Close(); err != nil {
		t.Errorf("with its note gone: %v", err)
	}
}

func TestAStorageThatFailsWhileInUseIsWipedNextTime(t *testing.T) {
	p := &place{t: t, dir: t.TempDir(), topic: Topic{ID: "old", Next: 10}}
	p.fill()
	st, err := p.open()
	if err != nil {
		t.Fatal(err)
	}
	w := st.(*watched)
	if err := w.Storage.Close(); err != nil { // pulled away beneath it
		t.Fatal(err)
	}
	if _, err := st.Get("key"); err == nil {
		t.Fatal("no error")
	}
	st, err = p.open()
	if err != nil || !reflect.DeepEqual(p.healed, []string{Unreadable}) {
		t.Fatalf("healed %v (%v)", p.healed, err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Get("key"); err == nil {
		t.Fatal("no error")
	}
	if _, err := os.Stat(p.folder().broken()); err == nil {
		t.Error("a read after Close counts as a broken table")
	}
}
