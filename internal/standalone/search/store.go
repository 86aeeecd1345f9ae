package search

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// Options are the collaborators and limits of a Store. The zero value works.
type Options struct {
	// Key, when set, must come with every request: `Authorization: ApiKey <key>`, `Bearer <key>`, or as the password of
	// basic authentication. Without it the handler serves whoever reaches it.
	Key string
	// Logger defaults to none, Registerer to none, Now to time.Now.
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	Now        func() time.Time
	// MaxScan is how many documents one search may read to decide filters that are not indexed. Default 1,000,000,
	// which takes seconds.
	MaxScan int64
	// MaxBody is the most bytes of a request, unpacked. Default 100 MB, as in Elasticsearch.
	MaxBody int64
	// MaxDays is how many days may have documents; a document of a further day is refused, unless that is about today:
	// wild times must not keep out what happens now. Default 1,100.
	MaxDays int

	limits volume.Limits
}

func (o Options) orDefault() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Logger = o.Logger.With("component", "search")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxScan <= 0 {
		o.MaxScan = 1_000_000
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 100 << 20
	}
	if o.MaxDays <= 0 {
		o.MaxDays = 1100
	}
	return o
}

const (
	// maxBulks is how many bulk requests are read and parsed at a time; others wait. With MaxBody it bounds memory.
	maxBulks = 8
	// maxVolumes bounds the volumes of a day; each takes 16,383 streams.
	maxVolumes = 64
)

// Store is an open search store. It is safe for concurrent use.
type Store struct {
	dir     string
	opts    Options
	catalog *catalog
	metrics *metrics

	bulks    chan struct{} // slots of bulk requests
	searches chan struct{} // slots of searches

	requests chan request  // to the writer; unbuffered, so a bulk waits while a commit runs
	closing  chan struct{} // closed by Close
	ended    chan struct{} // closed when the writer has ended
	once     sync.Once

	mu   sync.RWMutex
	days map[int64][]*volume.File // the volumes of each day, by number; only the writer changes it
	lost map[int64][]lost         // those that did not open; only Open changes it
	told sync.Map                 // paths of damaged volumes that were logged
}

// ErrClosed is returned for what comes after Close.
var ErrClosed = errors.New("search: the store is closed")

// Open opens or creates the store in dir, which is kept from other users. The caller sees to it that no other process
// has it open.
func Open(dir string, opts Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	opts = opts.orDefault()
	s := &Store{
		dir: dir, opts: opts, metrics: newMetrics(opts.Registerer),
		bulks: make(chan struct{}, maxBulks), searches: make(chan struct{}, max(4, 2*runtime.GOMAXPROCS(0))),
		requests: make(chan request), closing: make(chan struct{}), ended: make(chan struct{}),
		days: make(map[int64][]*volume.File), lost: make(map[int64][]lost),
	}
	var err error
	if s.catalog, err = openCatalog(dir, opts.Now); err != nil {
		return nil, err
	}
	if err := s.openVolumes(); err != nil {
		return nil, errors.Join(err, s.closeVolumes())
	}
	if err := s.restore(); err != nil {
		return nil, errors.Join(err, s.closeVolumes())
	}
	go s.write() // ended by Close
	return s, nil
}

// openVolumes opens the files of all days. Anything else in the folder is left alone, and so is a file that is damaged.
func (s *Store) openVolumes() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	type place struct {
		day    int64
		number int
	}
	var places []place
	for _, e := range entries {
		if day, number, ok := volume.ParseName(e.Name()); ok {
			places = append(places, place{day, number})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.day != b.day {
			return int(a.day - b.day)
		}
		return a.number - b.number
	})
	for _, p := range places {
		f, err := volume.Open(s.dir, p.day, p.number, s.opts.limits)
		if isUnreadable(err) {
			s.lose(p.day, p.number, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("search: %w", err)
		}
		s.days[p.day] = append(s.days[p.day], f)
		s.flawed(f)
	}
	return nil
}

// Close ends the writer after the requests it has taken, waits for searches, and closes the files.
func (s *Store) Close() error {
	var err error
	s.once.Do(func() {
		close(s.closing)
		<-s.ended
		err = s.closeVolumes()
	})
	return err
}

func (s *Store) closeVolumes() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, files := range s.days {
		for _, f := range files {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
