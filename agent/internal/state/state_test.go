package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

var quiet = slog.New(slog.DiscardHandler)

func open(t testing.TB, dir string) *Log {
	t.Helper()
	l, err := Open(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func example(n byte) *Source {
	return &Source{
		ID: record.SourceID{n}, Key: source.Key{HandleType: 1, Handle: "handle", Birth: -5, Inode: uint64(n), Dev: 7},
		Path: "/real", Name: "/name", Collection: "c", Whole: true, Seen: 99, Mark: 7, MarkOff: 3,
	}
}

// intend writes an intent of one segment for a source.
func intend(l *Log, s *Source, gen record.Gen, n uint64) uint64 {
	off := s.Off
	if s.Begun && s.Gen != gen {
		off = 0
	}
	m := &record.Manifest{
		Writer: record.Writer{ID: "w", Nonce: 1}, Seq: l.last + 1, Host: "h", At: time.Unix(1, 0).UTC(),
		Segments: []record.Segment{{Kind: record.Bytes, Src: s.ID, Gen: gen, Off: off, Len: n, Collection: "c", Rev: revision.Of(nil), Path: "/name"}},
	}
	var e record.Encoder
	return l.Intend(m, e.Append(nil, m), []Sum{{uint32(off), uint32(off + n)}})
}

func TestWhatWasWrittenIsThereAfterAKill(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	s := example(1)
	l.Put(s)
	intend(l, s, 0x100, 10)
	second := intend(l, s, 0x100, 5)
	third := intend(l, s, 0x200, 7) // truncated meanwhile
	l.Ack(second)
	l.Flush()
	again := reopenCopy(t, dir)
	got := again.Sources()[s.ID]
	want := *s
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
	if got.Off != 7 || got.Gen != 0x200 || !reflect.DeepEqual(got.Heads, []uint32{1}) {
		t.Errorf("position %+v", got)
	}
	if open := again.Unacked(); len(open) != 1 || open[0].N != third || open[0].Sums[0].After != 7 {
		t.Errorf("unacked %+v", open)
	}
	if n := intend(again, got, 0x200, 1); n != third+1 {
		t.Errorf("the next intent has number %d", n)
	}
}

func TestWhatWasReadBeforeATruncationIsKnownAfterwards(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	s := example(1)
	l.Put(s)
	intend(l, s, 0x100, 10)
	cut := &Cut{At: 5e9, Off: 10, Running: 1, Print: 2, PrintLen: 10}
	l.Restart(s, cut)
	for i := range 2 * maxCuts {
		l.Restart(s, &Cut{At: int64(i), Off: uint64(i), PrintLen: 7})
	}
	l.Restart(s, nil)
	l.Restart(s, cut)
	s.Packed, s.Before = &Packed{Size: 1 << 40, Mtime: -7}, record.SourceID{9}
	s.Left, s.Size, s.Settled = "/var/log/left", 1<<33, true
	l.Put(s)
	l.Flush()
	for _, found := range []*Source{reopenCopy(t, dir).Sources()[s.ID], reopen(t, l, dir).Sources()[s.ID]} {
		if !reflect.DeepEqual(found, s) || len(found.Cuts) != maxCuts || found.Cuts[maxCuts-1] != *cut || found.Cuts[0].Off != maxCuts+1 || found.Off != 0 {
			t.Errorf("found %+v", found)
		}
	}
}

// reopen closes a log and opens it again, which compacts it.
func reopen(t testing.TB, l *Log, dir string) *Log {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir)
	t.Cleanup(func() { l.Close() })
	return l
}

// reopenCopy opens a copy of the log, as it lies there now.
func reopenCopy(t testing.TB, dir string) *Log {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "state.log"))
	if err != nil {
		t.Fatal(err)
	}
	return openBytes(t, b)
}

func openBytes(t testing.TB, b []byte) *Log {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "state.log"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, dir)
	t.Cleanup(func() { l.Close() })
	return l
}

// model is the log as simple as can be: what the disk must hold after each step.
type model struct {
	offs  map[record.SourceID]position
	open  []uint64
	acked uint64
}

type position struct {
	gen record.Gen
	off uint64
}

func (m *model) clone() *model {
	c := &model{offs: map[record.SourceID]position{}, open: append([]uint64(nil), m.open...), acked: m.acked}
	for k, v := range m.offs {
		c.offs[k] = v
	}
	return c
}

func (m *model) same(l *Log) error {
	for id, p := range m.offs {
		s := l.Sources()[id]
		if s == nil || s.Off != p.off || s.Begun && s.Gen != p.gen {
			return fmt.Errorf("source %s is at %+v instead of %+v", id, s, p)
		}
	}
	if len(l.Sources()) != len(m.offs) {
		return fmt.Errorf("%d sources instead of %d", len(l.Sources()), len(m.offs))
	}
	var open []uint64
	for _, in := range l.Unacked() {
		open = append(open, in.N)
	}
	if !reflect.DeepEqual(open, m.open) && len(open)+len(m.open) > 0 {
		return fmt.Errorf("unacked %v instead of %v", open, m.open)
	}
	return nil
}

// TestACrashAtAnyByteLosesOnlyWhatWasNotWritten cuts the log at every byte and
// compares with what a simple model knew at that moment: an acknowledged range is
// never open again, an intent is never lost or changed.
func TestACrashAtAnyByteLosesOnlyWhatWasNotWritten(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	l := open(t, dir)
	m := &model{offs: map[record.SourceID]position{}}
	type moment struct {
		end   int64
		state *model
	}
	history := []moment{{l.end, m.clone()}}
	for step := 0; step < 120; step++ {
		ids := []record.SourceID{{1}, {2}, {3}}
		id := ids[rnd.IntN(len(ids))]
		switch s := l.Sources()[id]; {
		case s == nil:
			s = example(id[0])
			l.Put(s)
			l.Flush()
			m.offs[id] = position{}
		case rnd.IntN(4) == 0 && len(m.open) > 0:
			n := m.open[rnd.IntN(len(m.open))]
			l.Ack(n)
			l.Flush()
			for len(m.open) > 0 && m.open[0] <= n {
				m.open = m.open[1:]
			}
		case rnd.IntN(10) == 0:
			l.Restart(s, nil)
			l.Flush()
			m.offs[id] = position{}
		case rnd.IntN(20) == 0:
			l.Forget(id)
			l.Flush()
			delete(m.offs, id)
		default:
			gen := record.Gen(0x100)
			if s.Begun {
				gen = s.Gen
			} else if len(s.Heads) > 0 {
				gen = record.Gen(0x100 * (len(s.Heads) + 1))
			}
			m.open = append(m.open, intend(l, s, gen, uint64(1+rnd.IntN(50))))
			m.offs[id] = position{gen, s.Off}
		}
		if l.end < history[len(history)-1].end {
			t.Fatal("a compaction fell into the test; it wants fewer steps")
		}
		history = append(history, moment{l.end, m.clone()})
	}
	whole, err := os.ReadFile(filepath.Join(dir, "state.log"))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for cut := history[0].end; cut <= int64(len(whole)); cut++ {
		for at+1 < len(history) && history[at+1].end <= cut {
			at++
		}
		got := &Log{sources: map[record.SourceID]*Source{}, log: quiet}
		if end := got.replay(whole[:cut]); end != history[at].end {
			t.Fatalf("cut at %d: read up to %d instead of %d", cut, end, history[at].end)
		}
		if err := history[at].state.same(got); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
	if again := openBytes(t, whole); history[len(history)-1].state.same(again) != nil {
		t.Error("not the same after opening")
	} else if twice := reopenCopy(t, again.dir); history[len(history)-1].state.same(twice) != nil {
		t.Error("not the same after a compaction")
	}
}

func TestASnapshotKeepsHeadsOfOpenIntents(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	s := example(1)
	l.Put(s)
	intend(l, s, 0x100, 10)
	l.Restart(s, nil)
	intend(l, s, 0x200, 3)
	if err := l.compact(); err != nil {
		t.Fatal(err)
	}
	got := reopenCopy(t, dir)
	if !reflect.DeepEqual(*got.Sources()[s.ID], *s) || len(got.Unacked()) != 2 {
		t.Errorf("got %+v with %d open", got.Sources()[s.ID], len(got.Unacked()))
	}
}

func TestTheLogStaysSmall(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	s := example(1)
	l.Put(s)
	for range 20_000 {
		l.Ack(intend(l, s, 0x100, 10))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "state.log"))
	if err != nil || info.Size() > 2*leastLog {
		t.Errorf("%v bytes, %v", info.Size(), err)
	}
	again := open(t, dir)
	defer again.Close()
	if got := again.Sources()[s.ID].Off; got != 200_000 {
		t.Errorf("offset %d", got)
	}
}

// Of 50,000 files a few are written to all the time, and the log stays within a few times
// what there is to know.
func TestTheLogOfManySourcesStaysSmallAndIsReadAgain(t *testing.T) {
	const (
		files  = 50_000
		active = 100
		rounds = 400
		each   = 200 // bytes to be known of a source with names as long as these
	)
	dir := t.TempDir()
	l := open(t, dir)
	var busy []*Source
	for i := range files {
		s := example(0)
		binary.BigEndian.PutUint32(s.ID[:], uint32(i))
		s.Key.Handle = string(s.ID[:8])
		s.Path = fmt.Sprintf("/var/log/pods/namespace-%d_pod-%d/container/0.log", i%50, i)
		s.Name, s.Collection = s.Path, "kubernetes"
		s.Print, s.PrintLen = uint32(i), PrintBytes
		l.Put(s)
		if i%(files/active) == 0 {
			busy = append(busy, s)
		}
	}
	l.Flush()
	largest := int64(0)
	for i := range rounds * active {
		l.Ack(intend(l, busy[i%active], 0x100, 10))
		largest = max(largest, l.end)
	}
	if limit := int64(growth*files*each + leastLog); largest > limit {
		t.Errorf("the log grew to %d bytes, more than %d", largest, limit)
	}
	began := time.Now()
	again := reopen(t, l, dir)
	t.Logf("the log grew to %d bytes; it was read in %s, and has %d then", largest, time.Since(began), again.end)
	if again.end > files*each {
		t.Errorf("a snapshot has %d bytes, more than %d", again.end, files*each)
	}
	if n := len(again.Sources()); n != files || len(again.Unacked()) != 0 {
		t.Errorf("%d sources, %d unacked", n, len(again.Unacked()))
	}
	for _, s := range busy {
		if got := again.Sources()[s.ID]; got == nil || !reflect.DeepEqual(got, s) || got.Off != rounds*10 {
			t.Fatalf("got %+v, want %+v", got, s)
		}
	}
}

func TestAFullDiskIsSurvivedInMemory(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	s := example(1)
	l.Put(s)
	l.Ack(intend(l, s, 0x100, 10))
	good := l.file
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("SKIPPED: a full disk cannot be played without /dev/full: %v", err)
	}
	l.file, l.dir = full, "/proc/nowhere" // neither the log nor a snapshot can be written
	n := intend(l, s, 0x100, 5)
	if count, err := l.Failures(); count == 0 || err == nil {
		t.Errorf("failures %d, %v", count, err)
	}
	l.file, l.dir, l.retryAt = good, dir, time.Time{}
	full.Close()
	l.Flush()
	if _, err := l.Failures(); err != nil {
		t.Errorf("still failing: %v", err)
	}
	got := reopenCopy(t, dir)
	if got.Sources()[s.ID].Off != 15 || len(got.Unacked()) != 1 || got.Unacked()[0].N != n {
		t.Errorf("%+v, unacked %v", got.Sources()[s.ID], got.Unacked())
	}
}

func TestAFolderIsUsedByOneAgent(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	if _, err := Open(dir, quiet); !errors.Is(err, ErrLocked) {
		t.Errorf("second: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Close(); err != nil {
		t.Error(err)
	}
}

func FuzzReplay(f *testing.F) {
	dir := f.TempDir()
	l := open(f, dir)
	s := example(1)
	l.Put(s)
	l.Ack(intend(l, s, 0x100, 10))
	intend(l, s, 0x100, 10)
	b, err := os.ReadFile(l.path())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[len(magic):])
	f.Fuzz(func(t *testing.T, entries []byte) {
		// Entries with a good frame reach the decoders, whatever is in them.
		framed := append([]byte(magic), entries...)
		framed = appendFrame(framed, func(b []byte) []byte { return append(append(b, 'S'), entries...) })
		framed = appendFrame(framed, func(b []byte) []byte { return append(append(b, 'I'), entries...) })
		for _, data := range [][]byte{framed, framed[:len(magic)], bytes.TrimPrefix(framed, entries)} {
			got := &Log{sources: map[record.SourceID]*Source{}, log: quiet}
			if end := got.replay(data); end > int64(len(data)) {
				t.Fatal("read beyond the end")
			}
		}
		for _, kind := range []byte("BSIOAF") {
			got := &Log{sources: map[record.SourceID]*Source{}, log: quiet}
			_ = got.applyEntry(append([]byte{kind}, entries...)) // must not panic
		}
	})
}

func BenchmarkIntendAndAck(b *testing.B) {
	l := open(b, b.TempDir())
	s := example(1)
	l.Put(s)
	b.ReportAllocs()
	for b.Loop() {
		l.Ack(intend(l, s, 0x100, 10))
	}
}
