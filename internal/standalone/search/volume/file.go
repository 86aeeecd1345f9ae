package volume

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"github.com/millrace/millrace/internal/document"
)

// Limits bound a volume. The zero value means the largest that fit a row number; tests use smaller ones.
type Limits struct {
	// Streams is how many stream numbers a volume has; documents of further streams do not fit.
	Streams int
	// PerSecond is how many documents a stream number takes in one second.
	PerSecond int
}

func (l Limits) orDefault() Limits {
	if l.Streams <= 0 || l.Streams > maxStream {
		l.Streams = maxStream
	}
	if l.PerSecond <= 0 || l.PerSecond > maxSequence+1 {
		l.PerSecond = maxSequence + 1
	}
	return l
}

// File is an open volume.
type File struct {
	// Day is the day since the epoch, Number tells the volumes of a day apart.
	Day    int64
	Number int

	path   string
	limits Limits
	driver *sqlite.Driver
	db     *sql.DB

	visits visits

	// mu guards what the writer publishes to searches.
	mu      sync.RWMutex
	streams []stream // by stream number
	ixs     []Index  // by number of the index
	codec   atomic.Pointer[codec]
	partial atomic.Bool // some document has fields without tokens
	enums   atomic.Pointer[enums]

	flaw  atomic.Pointer[error]
	short error // set by Open when documents are known to be missing

	tallies tallies
	w       writer
}

// ErrClosed is returned by calls after Close: the day was removed or the store has ended.
var ErrClosed = errors.New("volume: closed")

// Name is the file name of a volume: 2026-11-22.db, and 2026-11-22.1.db for the second of that day.
func Name(day int64, number int) string {
	name := time.Unix(day*daySeconds, 0).UTC().Format(time.DateOnly)
	if number > 0 {
		name += fmt.Sprintf(".%d", number)
	}
	return name + ".db"
}

// ParseName is the inverse of Name.
func ParseName(name string) (day int64, number int, ok bool) {
	if len(name) < len(time.DateOnly) {
		return 0, 0, false
	}
	t, err := time.Parse(time.DateOnly, name[:len(time.DateOnly)])
	if err != nil {
		return 0, 0, false
	}
	if rest := name[len(time.DateOnly):]; rest != ".db" {
		if n, err := fmt.Sscanf(rest, ".%d.db", &number); n != 1 || err != nil {
			return 0, 0, false
		}
	}
	day = t.Unix() / daySeconds
	return day, number, Name(day, number) == name
}

// formatVersion is raised when rows, tokens or packing change.
const formatVersion = 3

var schema = []string{
	`CREATE TABLE ix(id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL)`,
	`CREATE TABLE stream(id INTEGER PRIMARY KEY, ix INTEGER NOT NULL, key TEXT NOT NULL)`,
	`CREATE TABLE dict(id INTEGER PRIMARY KEY, body BLOB NOT NULL)`,
	`CREATE TABLE enum(field TEXT NOT NULL, value TEXT NOT NULL, kind INTEGER NOT NULL, PRIMARY KEY(field, value, kind)) WITHOUT ROWID`,
	// ms is the millisecond within the row number's second; id is 24 bytes where it is 32 characters of base64url; off is
	// log.offset, by which hits of one millisecond are put in order.
	`CREATE TABLE d(rowid INTEGER PRIMARY KEY, id NOT NULL, ix INTEGER NOT NULL, ms INTEGER NOT NULL, off INTEGER, src BLOB NOT NULL, UNIQUE(id, ix))`,
	`CREATE TABLE rollup(minute INTEGER, stream INTEGER, n INTEGER NOT NULL, PRIMARY KEY(minute, stream)) WITHOUT ROWID`,
	`CREATE VIRTUAL TABLE f USING fts5(m, content='', columnsize=0, detail=full, tokenize="ascii tokenchars '._=/:-'''")`,
	`INSERT INTO f(f, rank) VALUES('automerge', 16)`,
	// A larger hash means fewer flushes within a transaction.
	`INSERT INTO f(f, rank) VALUES('hashsize', 16777216)`,
	fmt.Sprintf(`PRAGMA user_version=%d`, formatVersion),
}

// Open opens a volume in dir or creates it. The error wraps ErrUnreadable when there is a file that is no volume.
func Open(dir string, day int64, number int, limits Limits) (*File, error) {
	f := &File{Day: day, Number: number, path: filepath.Join(dir, Name(day, number)), limits: limits.orDefault(), driver: &sqlite.Driver{}}
	if err := f.driver.RegisterFunction("tally", f.tallies.function()); err != nil {
		return nil, fmt.Errorf("volume %s: %w", f.path, err)
	}
	err := f.inspect()
	if errors.Is(err, os.ErrNotExist) {
		err = f.create()
	}
	if err != nil {
		return nil, f.fail("open", err)
	}
	f.lacks()
	f.db = sql.OpenDB(connector{f.driver, dsn(f.path, "query_only(1)", "cache_size(-16000)", "busy_timeout(10000)")})
	f.db.SetMaxOpenConns(8)
	f.db.SetMaxIdleConns(2)
	f.db.SetConnMaxIdleTime(time.Minute)
	if err := f.load(); err != nil {
		return nil, errors.Join(f.fail("open", err), f.Close())
	}
	return f, nil
}

func dsn(path string, pragmas ...string) string {
	s := "file:" + (&url.URL{Path: path}).EscapedPath() + "?"
	for i, p := range pragmas {
		if i > 0 {
			s += "&"
		}
		s += "_pragma=" + p
	}
	return s
}

// connector opens connections of this volume's own driver, which has the tally function.
type connector struct {
	driver *sqlite.Driver
	dsn    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }

// load opens the writer and reads what searches need to know.
func (f *File) load() error {
	if err := f.w.connect(f, f.path); err != nil {
		return err
	}
	var version int
	if err := f.w.conn.QueryRowContext(context.Background(), `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version != formatVersion {
		return broken("its format is %d, and this program reads %d", version, formatVersion)
	}
	if err := f.w.prepare(); err != nil {
		return err
	}
	return f.reload()
}

// create makes the file under another name first: what has the name of a volume is whole, or was damaged later.
func (f *File) create() error {
	fresh := f.path + ".new"
	if err := removeFiles(fresh); err != nil { // of a start that was killed
		return err
	}
	var w writer
	err := w.connect(f, fresh)
	if err == nil {
		err = w.transact(func() error {
			for _, stmt := range schema {
				if err := w.exec(stmt); err != nil {
					return fmt.Errorf("%.40s: %w", stmt, err)
				}
			}
			return nil
		})
	}
	if err = errors.Join(err, w.close()); err != nil {
		return errors.Join(err, removeFiles(fresh))
	}
	if err := os.Rename(fresh, f.path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// reload reads indices, streams and dictionaries from the file, as it was committed last. After an error searches see
// what they saw before.
func (f *File) reload() error {
	f.w.forget()
	var ixs []Index
	err := f.w.rows(`SELECT uuid, name FROM ix ORDER BY id`, func(r *sql.Rows) error {
		var ix Index
		if err := r.Scan(&ix.UUID, &ix.Name); err != nil {
			return err
		}
		f.w.indices[ix.UUID] = len(ixs)
		ixs = append(ixs, ix)
		return nil
	})
	if err != nil {
		return err
	}
	var streams []stream
	err = f.w.rows(`SELECT ix, key FROM stream ORDER BY id`, func(r *sql.Rows) error {
		var k streamKey
		if err := r.Scan(&k.index, &k.key); err != nil {
			return err
		}
		if k.index < 0 || k.index >= len(ixs) {
			return broken("stream %d is of index %d, of which nothing is known", len(streams), k.index)
		}
		f.w.numbers[k] = append(f.w.numbers[k], len(streams))
		streams = append(streams, newStream(ixs[k.index], k.key))
		return nil
	})
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.ixs, f.streams = ixs, streams
	f.mu.Unlock()
	return errors.Join(f.loadDicts(), f.loadSeen(), f.loadPartial(), f.loadEnums())
}

func (f *File) loadDicts() error {
	var dicts [][]byte
	err := f.w.rows(`SELECT body FROM dict ORDER BY id`, func(r *sql.Rows) error {
		var body []byte
		err := r.Scan(&body)
		dicts = append(dicts, body)
		return err
	})
	if err != nil {
		return err
	}
	c, err := newCodec(dicts)
	if err != nil {
		return broken("%v", err)
	}
	f.codec.Store(c)
	return nil
}

// loadSeen marks the seconds that may have rows; the rollup knows the minutes.
func (f *File) loadSeen() error {
	return f.w.rows(`SELECT DISTINCT minute FROM rollup`, func(r *sql.Rows) error {
		var minute int
		if err := r.Scan(&minute); err != nil {
			return err
		}
		if minute < 0 || minute >= daySeconds/60 {
			return broken("it counts minute %d of a day", minute)
		}
		for s := minute * 60; s < minute*60+60; s++ {
			f.w.seen[s] = true
		}
		return nil
	})
}

func (f *File) loadPartial() error {
	return f.w.rows(`SELECT rowid FROM f WHERE f MATCH '"'||?||'"' LIMIT 1`, func(*sql.Rows) error {
		f.partial.Store(true)
		return nil
	}, document.Partial)
}

// Rest gives back the memory of a volume that is not written for a while. It must not run during a transaction.
func (f *File) Rest() error {
	if err := f.w.exec(`PRAGMA shrink_memory`); err != nil {
		return f.fail("rest", err)
	}
	return nil
}

// Path is the volume's file.
func (f *File) Path() string { return f.path }

// Close gives up the searches that run and closes the file. It may be called twice.
func (f *File) Close() error {
	if !f.visits.end() {
		return nil
	}
	return errors.Join(f.db.Close(), f.w.close())
}

// Remove closes the volume and deletes its files, which gives their space back at once.
func (f *File) Remove() error {
	return errors.Join(f.Close(), removeFiles(f.path))
}

func removeFiles(path string) error {
	var err error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if e := os.Remove(path + suffix); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Live counts the documents of the indices for which live returns true.
func (f *File) Live(ctx context.Context, live func(uuid string) bool) (int64, error) {
	spec := Spec{Live: live, Lo: f.Day * dayMillis, Hi: (f.Day + 1) * dayMillis, Limit: -1}
	res, err := f.Search(ctx, &spec)
	if err != nil {
		return 0, err
	}
	return res.Total, nil
}

// Indices returns the indices that have documents in the volume, dead ones among them.
func (f *File) Indices() []Index {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return append([]Index(nil), f.ixs...)
}
