package lookup

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver of DSNs

	"github.com/millrace/millrace/processors/pipeline/table"
)

// queryTime bounds one run of a query.
const queryTime = 30 * time.Second

// query is a query with its connection, which is made at the first run.
type query struct {
	Table
	driver string
	every  time.Duration
	db     *sql.DB
}

func newQuery(t Table) *query {
	q := &query{Table: t, driver: "mysql", every: t.SQL.Every}
	if q.every == 0 {
		q.every = DefaultEvery
	}
	return q
}

func (q *query) close() {
	if q.db != nil {
		_ = q.db.Close() // nothing is written through it
	}
}

// readSQL returns what runs the query and keeps what it gives.
func (s *slot) readSQL(q *query, log *slog.Logger) func(context.Context) {
	return func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, queryTime)
		defer cancel()
		read, err := q.run(ctx)
		if err != nil {
			log.Warn("a query gives no table; the last copy stays", "error", err)
			return
		}
		s.held.Store(read)
	}
}

func (q *query) run(ctx context.Context) (*table.Table, error) {
	if q.db == nil {
		db, err := sql.Open(q.driver, q.SQL.DSN)
		if err != nil {
			return nil, fmt.Errorf("dsn: %w", err)
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
