package lookup

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/wire"
)

// DefaultEvery is how often a query runs, and DefaultCheck how often files are looked at.
const (
	DefaultEvery = time.Minute
	DefaultCheck = 5 * time.Second
)

// Config says what there is to look up.
type Config struct {
	// Geo lists files of MaxMind's format (mmdb). Where two know the same the first counts.
	Geo []string `koanf:"geo" yaml:"geo"`
	// GeoDir is a folder whose files *.mmdb are read, by name, where Geo lists none.
	GeoDir string `koanf:"geo_dir" yaml:"geo_dir"`
	// Tables are the tables by name.
	Tables map[string]Table `koanf:"tables" yaml:"tables"`
	// CheckEvery is how often files are looked at.
	CheckEvery time.Duration `koanf:"check_every" yaml:"check_every"`
}

// Table is where one table comes from: one of File, SQL and Topic.
type Table struct {
	// File is CSV with a line of names, or JSON if it is called so.
	File string `koanf:"file" yaml:"file"`
	// Key is the column or field of a file, or the column of a query, that holds the key; empty: the first.
	Key string `koanf:"key" yaml:"key"`
	// SQL is a query.
	SQL SQL `koanf:"sql" yaml:"sql"`
	// Topic is a compacted topic whose values are JSON: an object of fields, or a plain value.
	Topic string `koanf:"topic" yaml:"topic"`
}

// Secret is text that is never printed.
type Secret = wire.Secret

// SQL is a query that gives a table.
type SQL struct {
	// DSN says where: user:password@tcp(host:3306)/database, for MySQL and MariaDB.
	// It may hold a password.
	DSN Secret `koanf:"dsn" yaml:"dsn"`
	// DSNFile holds it instead.
	DSNFile string `koanf:"dsn_file" yaml:"dsn_file"`
	// Query gives the rows; its columns are the fields.
	Query string `koanf:"query" yaml:"query"`
	// Every is how often it runs.
	Every time.Duration `koanf:"every" yaml:"every"`
}

// Validate reports every problem with its key.
func (c Config) Validate() error {
	var errs []error
	if c.CheckEvery < 0 {
		errs = append(errs, fmt.Errorf("check_every: must not be negative, is %v", c.CheckEvery))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Tables)) {
		t := c.Tables[name]
		sources := 0
		for _, text := range [...]string{t.File, t.SQL.Query, t.Topic} {
			if text != "" {
				sources++
			}
		}
		if sources != 1 {
			errs = append(errs, fmt.Errorf("tables.%s: needs one of file, sql.query and topic, has %d", name, sources))
		}
		if t.SQL.Query != "" && (t.SQL.DSN == "") == (t.SQL.DSNFile == "") {
			errs = append(errs, fmt.Errorf("tables.%s.sql: needs one of dsn and dsn_file", name))
		}
		if t.SQL.Every < 0 {
			errs = append(errs, fmt.Errorf("tables.%s.sql.every: must not be negative, is %v", name, t.SQL.Every))
		}
	}
	return errors.Join(errs...)
}
