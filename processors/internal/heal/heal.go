package heal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/lovoo/goka/storage"
	"github.com/syndtr/goleveldb/leveldb"
)

// Reasons why a local copy was wiped.
const (
	Unreadable = "unreadable" // it does not open, or failed while in use
	Ahead      = "ahead"      // it has offsets that its topic does not have
	OtherTopic = "other_topic"
	Unclean    = "unclean" // it was in use when its process died, or by a session that had lost the partition
)

// Topic is what Kafka says about a table's partition.
type Topic struct {
	ID   string // empty if the brokers have no topic ids
	Next int64  // offset of the next record
}

// Config is what a Builder needs.
type Config struct {
	Dir    string
	Lookup func(topic string, partition int32) (Topic, error)
	Log    *slog.Logger
	Healed func(reason string) // called for each wipe; nil for nobody
	// Trusted says whether the copy of a partition that is closed now is complete up to its
	// offset: its session has written or read all that is before it in the topic. Nil: always.
	Trusted func(partition int32) bool
}

// Builder makes goka's storage builder.
func Builder(cfg Config) storage.Builder {
	if cfg.Healed == nil {
		cfg.Healed = func(string) {}
	}
	if cfg.Trusted == nil {
		cfg.Trusted = func(int32) bool { return true }
	}
	return cfg.build
}

// notStored is what GetOffset returns when the copy has no offset.
const notStored = -1

func (c Config) build(topic string, partition int32) (storage.Storage, error) {
	at, err := c.Lookup(topic, partition)
	if err != nil {
		return nil, fmt.Errorf("table %s/%d: %w", topic, partition, err)
	}
	f := folder(filepath.Join(c.Dir, fmt.Sprintf("%s.%d", topic, partition)))
	if reason := f.suspect(at); reason != "" {
		if err := c.wipe(f, reason, nil); err != nil {
			return nil, err
		}
	}
	db, err := f.open()
	if err != nil && wipeHelps(err) {
		if err := c.wipe(f, Unreadable, err); err != nil {
			return nil, err
		}
		db, err = f.open()
	}
	if err != nil {
		return nil, fmt.Errorf("table %s/%d: %w", topic, partition, err)
	}
	st, err := c.checked(db, f, at)
	if err != nil {
		return nil, fmt.Errorf("table %s/%d: %w", topic, partition, err)
	}
	if err := f.claim(at); err != nil { // a disk may be full; an open database would keep the next session out
		return nil, errors.Join(fmt.Errorf("table %s/%d: %w", topic, partition, err), st.Close())
	}
	return &watched{Storage: st, folder: f, trusted: func() bool { return c.Trusted(partition) }}, nil
}

// checked is the storage in an open database, which is replaced by an empty one if
// it is ahead of its topic, cannot be read, or was not closed as it should be.
func (c Config) checked(db *leveldb.DB, f folder, at Topic) (storage.Storage, error) {
	st, err := storage.New(db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	offset, err := st.GetOffset(notStored)
	reason := ""
	switch {
	case err != nil:
		reason = Unreadable
	case offset >= at.Next:
		reason = Ahead
	case f.isUsed(): // by nobody who is alive: the open database is locked
		reason = Unclean
	default:
		return st, nil
	}
	if err := errors.Join(db.Close(), c.wipe(f, reason, err)); err != nil {
		return nil, err
	}
	if db, err = f.open(); err != nil {
		return nil, err
	}
	return storage.New(db)
}

func (c Config) wipe(f folder, reason string, cause error) error {
	level := slog.LevelWarn
	if reason == Unclean {
		level = slog.LevelInfo
	}
	attrs := []any{"folder", string(f), "reason", reason}
	if cause != nil {
		attrs = append(attrs, "error", cause)
	}
	c.Log.Log(context.Background(), level, "local table is wiped and read again from its topic", attrs...)
	c.Healed(reason)
	return f.wipe()
}

// wipeHelps reports whether an error of opening may come from the folder's content.
// A folder in use, a full disk or missing rights are not cured by wiping.
func wipeHelps(err error) bool {
	for _, e := range []error{
		syscall.EAGAIN, syscall.EACCES, syscall.EPERM, syscall.ENOSPC, syscall.EROFS,
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
	} {
		if errors.Is(err, e) {
			return false
		}
	}
	return true
}

// folder is the place of one local copy. Beside it are small files: .topic has the id of
// the topic it was made from, .broken says that it failed while in use, and .used that it is
// in use, or was when its process died.
type folder string

func (f folder) open() (*leveldb.DB, error) {
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return nil, err
	}
	return leveldb.OpenFile(string(f), nil)
}

// suspect is why the copy must be wiped before it is opened, or empty.
func (f folder) suspect(at Topic) string {
	if _, err := os.Stat(f.broken()); err == nil {
		return Unreadable
	}
	id, err := os.ReadFile(f.topic())
	if _, missing := os.Stat(string(f)); missing == nil && at.ID != "" && (err != nil || strings.TrimSpace(string(id)) != at.ID) {
		return OtherTopic
	}
	return ""
}

// isUsed reports whether nobody has closed the copy in trust since it was opened last.
func (f folder) isUsed() bool {
	_, err := os.Stat(f.used())
	return err == nil
}

// claim notes that the copy is in use, and which topic it is made from.
func (f folder) claim(at Topic) error {
	err := os.WriteFile(f.used(), nil, 0o600)
	if err != nil || at.ID == "" {
		return err
	}
	return os.WriteFile(f.topic(), []byte(at.ID+"\n"), 0o600)
}

func (f folder) wipe() error {
	return errors.Join(os.RemoveAll(string(f)), os.RemoveAll(f.topic()), os.RemoveAll(f.broken()), os.RemoveAll(f.used()))
}

func (f folder) topic() string  { return string(f) + ".topic" }
func (f folder) broken() string { return string(f) + ".broken" }
func (f folder) used() string   { return string(f) + ".used" }

// watched notes in the folder when the storage fails while in use, so that the next
// session begins with an empty one.
type watched struct {
	storage.Storage
	folder  folder
	trusted func() bool
	closed  atomic.Bool
	failed  atomic.Bool
}

func (w *watched) check(err error) error {
	if err != nil && !w.closed.Load() {
		w.failed.Store(true)
		err = errors.Join(err, os.WriteFile(w.folder.broken(), []byte(err.Error()), 0o600))
	}
	return err
}

// Get implements storage.Storage.
func (w *watched) Get(key string) ([]byte, error) {
	b, err := w.Storage.Get(key)
	return b, w.check(err)
}

// Set implements storage.Storage.
func (w *watched) Set(key string, value []byte) error { return w.check(w.Storage.Set(key, value)) }

// SetOffset implements storage.Storage.
func (w *watched) SetOffset(offset int64) error { return w.check(w.Storage.SetOffset(offset)) }

// Delete implements storage.Storage.
func (w *watched) Delete(key string) error { return w.check(w.Storage.Delete(key)) }

// Close implements storage.Storage.
func (w *watched) Close() error {
	w.closed.Store(true)
	if err := w.Storage.Close(); err != nil || w.failed.Load() || !w.trusted() {
		return err
	}
	return os.RemoveAll(w.folder.used()) // which may be gone
}
