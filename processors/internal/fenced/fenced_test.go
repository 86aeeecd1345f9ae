package fenced

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"

	"github.com/millrace/millrace/schemas/epoch"
)

// read is a record of the table as goka hands it over.
type read struct {
	partition int32
	header    []byte
}

func (r read) Topic() goka.Stream   { return "table" }
func (r read) Partition() int32     { return r.partition }
func (r read) Offset() int64        { return 0 }
func (r read) Timestamp() time.Time { return time.Time{} }
func (r read) Headers() goka.Headers {
	if r.header == nil {
		return nil
	}
	return goka.Headers{epoch.Header: r.header}
}

// kept is a storage that outlives its sessions.
type kept struct{ storage.Storage }

func (kept) Close() error { return nil }

// bench is an instance, and what it has written again.
type bench struct {
	*Tables
	t     *testing.T
	local storage.Storage
	again map[string]string
	epoch []byte
	next  int64 // offset of the next value that is written again; 0: none is
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, local: kept{storage.NewMemory()}, again: map[string]string{}}
	b.Tables = New(func(key string, value []byte, headers goka.Headers) *goka.Promise {
		b.again[key] = string(value)
		b.epoch = headers[epoch.Header]
		_, finish := goka.NewPromiseWithFinisher()
		if b.next == 0 {
			return finish(nil, nil)
		}
		b.next++
		return finish(&sarama.ProducerMessage{Offset: b.next - 1}, nil)
	})
	return b
}

// session begins a session with partition 3.
func (b *bench) session(generation int32) storage.Storage {
	b.t.Helper()
	b.Begin(generation)
	st, err := b.Builder(func(string, int32) (storage.Storage, error) { return b.local, nil })("table", 3)
	if err != nil {
		b.t.Fatal(err)
	}
	return st
}

func (b *bench) read(st storage.Storage, key, value string, header []byte) {
	b.t.Helper()
	if err := b.Update(read{3, header}, st, key, []byte(value)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) recovered(st storage.Storage) {
	b.t.Helper()
	if err := errors.Join(st.MarkRecovered(), b.Repair()); err != nil {
		b.t.Fatal(err)
	}
}

// wrote is a value of the session that is written.
func (b *bench) wrote(st storage.Storage, offset int64) {
	b.t.Helper()
	if err := st.SetOffset(offset); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) close(st storage.Storage) {
	b.t.Helper()
	if err := st.Close(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) has(st storage.Storage, key, want string) {
	b.t.Helper()
	if got, err := st.Get(key); err != nil || string(got) != want {
		b.t.Errorf("%s is %q (%v), want %q", key, got, err, want)
	}
}

func TestValuesOfALostSessionAreLeftOutAndWrittenOver(t *testing.T) {
	b := newBench(t)
	st := b.session(9)
	b.read(st, "a", "1", nil) // by a version without epochs
	b.read(st, "a", "2", epoch.Encode(4))
	b.read(st, "b", "2", epoch.Encode(4))
	b.read(st, "a", "3", epoch.Encode(7))
	b.read(st, "b", "3", epoch.Encode(7))
	b.read(st, "a", "late", epoch.Encode(4))
	b.read(st, "b", "late", epoch.Encode(4))
	b.read(st, "c", "late", epoch.Encode(4)) // of whom nothing else is known
	b.read(st, "b", "4", epoch.Encode(7))
	b.has(st, "a", "3")
	b.has(st, "b", "4")
	b.recovered(st)
	if want := map[string]string{"a": "3"}; !maps.Equal(b.again, want) {
		t.Errorf("written again: %v, want %v", b.again, want)
	}
	if want := epoch.Encode(1<<32 | 9); !bytes.Equal(b.epoch, want) {
		t.Errorf("in epoch %x, want %x", b.epoch, want)
	}
}

func TestASessionWritesInAnEpochOfItsOwn(t *testing.T) {
	b := newBench(t)
	if b.Headers(3) != nil {
		t.Error("headers before the session")
	}
	for i, c := range []struct {
		generation int32
		read, want uint64
	}{
		{5, 0, 1<<32 | 5},
		{5, 0, 2<<32 | 5}, // the local copy knows of the one before
		{1, 0, 4<<32 | 1}, // the group was forgotten
		{1, 20 << 32, 21<<32 | 1},
	} {
		st := b.session(c.generation)
		if c.read > 0 {
			b.read(st, "a", "1", epoch.Encode(c.read))
		}
		b.recovered(st)
		for range 2 {
			if got := b.Headers(3)[epoch.Header]; !bytes.Equal(got, epoch.Encode(c.want)) {
				t.Errorf("session %d: epoch %x, want %x", i, got, c.want)
			}
			b.wrote(st, int64(i+1))
		}
		b.close(st)
		if b.Headers(3) != nil {
			t.Error("headers after the session")
		}
	}
}

// A session can end with all its values given up. The next owner, elsewhere, never sees its
// epoch, and where the group was forgotten writes in that or a smaller one.
func TestAnEpochThatNobodySawDoesNotMakeTheValuesOfOthersLate(t *testing.T) {
	b := newBench(t)
	st := b.session(1)
	b.read(st, "a", "1", epoch.Encode(9))
	for range 2 {
		b.recovered(st)
		b.Headers(3) // 10 at least
		b.close(st)
		st = b.session(1)
	}
	b.read(st, "a", "2", epoch.Encode(10))
	b.recovered(st)
	b.has(st, "a", "2")
	if len(b.again) > 0 {
		t.Errorf("written again: %v", b.again)
	}
}

func TestALateValueIsWrittenOverByALaterSessionWhereThisOneCannot(t *testing.T) {
	b := newBench(t)
	st := b.session(9)
	for _, key := range []string{"a", "b", "c"} {
		b.read(st, key, "1", epoch.Encode(7))
		b.read(st, key, "late", epoch.Encode(4))
	}
	if err := st.MarkRecovered(); err != nil { // as goka does where a session ends before all was read
		t.Fatal(err)
	}
	if len(b.again) > 0 {
		t.Errorf("written again before all was read: %v", b.again)
	}
	b.close(st)

	st = b.session(10)
	b.read(st, "b", "2", epoch.Encode(7))
	b.recovered(st) // what it emits is given up
	b.close(st)

	b.again, b.next = map[string]string{}, 8
	st = b.session(11)
	b.recovered(st)
	if want := map[string]string{"a": "1", "c": "1"}; !maps.Equal(b.again, want) {
		t.Errorf("written again: %v, want %v", b.again, want)
	}
	b.close(st)

	b.again = map[string]string{}
	b.recovered(b.session(12))
	if len(b.again) > 0 {
		t.Errorf("and once more: %v", b.again)
	}
}

func TestASessionWritesNotMoreAgainThanThereIsRoomFor(t *testing.T) {
	b := newBench(t)
	st := b.session(9)
	for i := range mostRepairs + 10 {
		key := fmt.Sprint("host-", i)
		b.read(st, key, "1", epoch.Encode(7))
		b.read(st, key, "late", epoch.Encode(4))
	}
	for round, want := range []int{mostRepairs, 10, 0} {
		b.again, b.next = map[string]string{}, int64(1+round*mostRepairs)
		if b.recovered(st); len(b.again) != want {
			t.Errorf("session %d writes %d again, want %d", round, len(b.again), want)
		}
		b.close(st)
		st = b.session(10)
	}
}

func TestACopyIsCompleteUnlessSomebodyElseWroteInBetween(t *testing.T) {
	for name, c := range map[string]struct {
		read  []int64
		wrote []int64
		want  bool
	}{
		"when nothing is there":                              {nil, nil, true},
		"when it was only read, with gaps of compaction":     {[]int64{2, 7}, nil, true},
		"when it was made here, goka says nothing of 0":      {nil, []int64{1, 2}, true},
		"when values follow on what was read":                {[]int64{0, 4}, []int64{5, 6, 7}, true},
		"when others wrote before the first":                 {[]int64{0, 4}, []int64{6, 7}, false},
		"when others wrote within":                           {[]int64{0, 4}, []int64{5, 7}, false},
		"when a client does not know where its value stands": {[]int64{0, 4}, []int64{5, -1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			st := b.session(1)
			for _, offset := range c.read {
				b.read(st, "a", "1", nil)
				b.wrote(st, offset)
			}
			b.recovered(st)
			for _, offset := range c.wrote {
				b.wrote(st, offset)
			}
			if got := b.Complete(3); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
			b.close(st)
		})
	}
}
