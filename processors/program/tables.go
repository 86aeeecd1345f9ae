package program

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/guard"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/problem"
	"github.com/millrace/millrace/processors"
)

const (
	// readWithin is how long the first question about a table waits until it was read.
	readWithin = 10 * time.Second
	// mostKeys bounds the keys of one answer.
	mostKeys = 1000
	// shutdownGrace is how long open requests may take at the end.
	shutdownGrace = time.Second
)

// tables answers questions about the tables of processors. Every instance answers for
// all keys: it asks a copy of the whole table in memory, which is begun when somebody
// asks for that table first.
type tables struct {
	all   map[string]*table // by processor
	guard guard.Config
	log   *slog.Logger
}

type table struct {
	topic string
	view  *processors.View
	ask   func() // begins the copy, once
	asked chan struct{}
}

func newTables(cfg Config, specs []processors.Spec, token string, log *slog.Logger) *tables {
	log = obs.Component(log, "tables")
	t := &tables{all: map[string]*table{}, guard: guard.Config{Hosts: cfg.AllowedHosts, Token: token, Log: log}, log: log}
	for _, spec := range specs {
		if spec.Table == nil {
			continue
		}
		asked := make(chan struct{})
		t.all[spec.Group] = &table{
			topic: spec.TableTopic(), view: processors.NewView(cfg.Kafka, spec, log), asked: asked, ask: sync.OnceFunc(func() { close(asked) }),
		}
	}
	return t
}

// serve answers until ctx ends. It owns the listener and the copies.
func (t *tables) serve(ctx context.Context, listener net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /tables", t.list)
	mux.HandleFunc("GET /tables/{table}", t.keys)
	mux.HandleFunc("GET /tables/{table}/{key...}", t.value)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, http.StatusNotFound, "there is nothing here; GET /tables lists the tables")
	})
	server := &http.Server{Handler: guard.New(t.guard, mux), ReadHeaderTimeout: 5 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	for _, one := range t.all {
		group.Go(func() error {
			select {
			case <-one.asked:
				return one.view.Run(ctx)
			case <-ctx.Done():
				return nil
			}
		})
	}
	group.Go(func() error {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer cancel()
		_ = server.Shutdown(grace) // what is still open then is cut with the process
		return nil
	})
	t.log.Info("serving tables", "addr", listener.Addr().String())
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return group.Wait()
}

// list names the tables.
func (t *tables) list(w http.ResponseWriter, _ *http.Request) {
	type row struct {
		Table string `json:"table"`
		Topic string `json:"topic"`
	}
	rows := []row{}
	for _, name := range slices.Sorted(maps.Keys(t.all)) {
		rows = append(rows, row{name, t.all[name].topic})
	}
	t.write(w, map[string]any{"tables": rows})
}

// keys lists keys in their order: of prefix, and behind the key after.
func (t *tables) keys(w http.ResponseWriter, r *http.Request) {
	view := t.find(w, r)
	if view == nil {
		return
	}
	query := r.URL.Query()
	most := mostKeys
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostKeys {
			problem.Write(w, http.StatusUnprocessableEntity, "limit must be a number from 1 to "+strconv.Itoa(mostKeys))
			return
		}
		most = n
	}
	all, err := view.Keys()
	if err != nil {
		t.fail(w, err)
		return
	}
	prefix, after := query.Get("prefix"), query.Get("after")
	keys := slices.DeleteFunc(all, func(key string) bool { return !strings.HasPrefix(key, prefix) || after != "" && key <= after })
	slices.Sort(keys)
	more := len(keys) > most
	t.write(w, map[string]any{"keys": keys[:min(len(keys), most)], "more": more})
}

// value gives the value of a key: of a table of [processors.Count] the state.
func (t *tables) value(w http.ResponseWriter, r *http.Request) {
	view := t.find(w, r)
	if view == nil {
		return
	}
	key := r.PathValue("key")
	value, err := view.Get(key)
	switch {
	case err != nil:
		t.fail(w, err)
	case value == nil:
		problem.Write(w, http.StatusNotFound, "the table has no key "+strconv.Quote(key))
	default:
		if counted, ok := value.(interface{ State() any }); ok {
			value = counted.State()
		}
		t.write(w, value)
	}
}

// find is the view of the table that is asked for, read to its end; nil when that was
// answered already.
func (t *tables) find(w http.ResponseWriter, r *http.Request) *processors.View {
	name := r.PathValue("table")
	one := t.all[name]
	if one == nil {
		problem.Write(w, http.StatusNotFound, "there is no table "+strconv.Quote(name)+"; GET /tables lists them")
		return nil
	}
	one.ask()
	deadline := time.NewTimer(readWithin)
	defer deadline.Stop()
	select {
	case <-one.view.Ready():
		return one.view
	case <-deadline.C:
		w.Header().Set("Retry-After", "5")
		problem.Write(w, http.StatusServiceUnavailable, "the table is still being read; ask again")
	case <-r.Context().Done():
	}
	return nil
}

// fail answers for a table that cannot be read, or a value of it.
func (t *tables) fail(w http.ResponseWriter, err error) {
	t.log.Warn("a question about a table cannot be answered", "error", err)
	problem.Write(w, http.StatusInternalServerError, err.Error())
}

func (t *tables) write(w http.ResponseWriter, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		t.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n')) // the client has gone; nobody is left to tell
}
