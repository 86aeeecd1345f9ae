package lookup

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/millrace/millrace/internal/wire"
	"github.com/millrace/millrace/processors/pipeline/table"
)

// queryTime bounds one run of a query.
const queryTime = 30 * time.Second

// query is a query with its connection, which is made at the first run.
type query struct {
	Table
	every time.Duration
	open  func(dsn string) (*sql.DB, error)
	db    *sql.DB
}

func newQuery(t Table, log *slog.Logger) *query {
	q := &query{Table: t, every: t.SQL.Every, open: func(dsn string) (*sql.DB, error) { return openMySQL(dsn, log) }}
	if q.every == 0 {
		q.every = DefaultEvery
	}
	return q
}

// openMySQL makes connections to MySQL or MariaDB when they are needed. What the driver has
// to say of them, on standard error if it is let, goes to log: the errors tell the rest.
func openMySQL(dsn string, log *slog.Logger) (*sql.DB, error) {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("dsn: %w", err)
	}
	cfg.Logger = driverLog{log}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("dsn: %w", err)
	}
	return sql.OpenDB(connector), nil
}

type driverLog struct{ log *slog.Logger }

// Print implements mysql.Logger.
func (l driverLog) Print(v ...any) { l.log.Debug("the driver says", "text", fmt.Sprint(v...)) }

func (q *query) close() {
	if q.db != nil {
		_ = q.db.Close() // nothing is written through it
	}
}

// readSQL returns what runs the query and keeps what it gives. Trouble is told once, until
// it is another or over.
func (s *slot) readSQL(q *query, log *slog.Logger) func(context.Context) {
	trouble := ""
	return func(ctx context.Context) {
		running, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		read, err := q.run(running)
		switch {
		case ctx.Err() != nil: // we end
		case err == nil:
			if trouble != "" {
				log.Info("the query gives its table again", "rows", read.Len())
			}
			trouble = ""
			s.held.Store(read)
		case err.Error() == trouble:
			log.Debug("the query still gives no table", "error", err)
		default:
			trouble = err.Error()
			log.Warn("a query gives no table; the last copy stays", "error", err)
		}
	}
}

func (q *query) run(ctx context.Context) (*table.Table, error) {
	if q.db == nil {
		dsn, err := wire.Reveal("dsn_file", q.SQL.DSN, q.SQL.DSNFile)
		if err != nil {
			return nil, err
		}
		db, err := q.open(dsn)
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		q.db = db
	}
	rows, err := q.db.QueryContext(ctx, q.SQL.Query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	key := 0
	if q.Key != "" {
		key = slices.Index(columns, q.Key)
	}
	if key < 0 {
		return nil, fmt.Errorf("no column is called %q; there are %q", q.Key, columns)
	}
	return q.collect(rows, columns, key)
}

// collect makes a table of rows. The first of equal keys counts; rows without a key are left out.
func (q *query) collect(rows *sql.Rows, columns []string, key int) (*table.Table, error) {
	found := map[string]table.Row{}
	names := slices.Delete(slices.Clone(columns), key, key+1)
	for rows.Next() {
		texts := make([]*string, len(columns))
		into := make([]any, len(columns))
		for i := range texts {
			into[i] = &texts[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		k := texts[key]
		if k == nil {
			continue
		}
		if _, twice := found[*k]; !twice {
			found[*k] = table.Texts(names, slices.Delete(texts, key, key+1))
		}
		if len(found) > table.MaxRows {
			return nil, fmt.Errorf("the query gives more than %d rows", table.MaxRows)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return table.New(found), nil
}
