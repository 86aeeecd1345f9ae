package servers

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	// mariaDatabase is the one database of a MariaDB, mariaUser who may do everything
	// there, with Password.
	mariaDatabase = "millrace"
	mariaUser     = "millrace"
)

// MariaDB is a running MariaDB of Debian's packages.
type MariaDB struct {
	*Cluster
	port int
}

// MariaDBFor starts a MariaDB that ends with the test, and skips the test when this
// machine has none.
func MariaDBFor(tb testing.TB) *MariaDB {
	tb.Helper()
	return started(tb, struct{}{}, func(ctx context.Context, _ struct{}) (*MariaDB, error) { return StartMariaDB(ctx) })
}

// StartMariaDB starts a MariaDB and waits until it serves.
func StartMariaDB(ctx context.Context) (*MariaDB, error) {
	paths := map[string]string{}
	for _, name := range []string{"mariadbd", "mariadb-install-db"} {
		path, err := exec.LookPath(name)
		if err != nil {
			return nil, fmt.Errorf("%w: no %s: apt-get install mariadb-server-core", ErrMissing, name)
		}
		paths[name] = path
	}
	c, err := newCluster("", "mariadb")
	if err != nil {
		return nil, err
	}
	m := &MariaDB{Cluster: c}
	if err := m.prepare(ctx, paths["mariadb-install-db"], paths["mariadbd"]); err != nil {
		return nil, c.fail(err)
	}
	if err := c.start(ctx); err != nil {
		return nil, c.fail(err)
	}
	return m, nil
}

func (m *MariaDB) prepare(ctx context.Context, install, server string) error {
	found, err := freePorts(1)
	if err != nil {
		return err
	}
	m.port = found[0]
	data := filepath.Join(m.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	owner := []string{}
	if os.Geteuid() == 0 {
		if err := os.Chown(data, nobody, nobody); err != nil {
			return err
		}
		owner = []string{"--user=nobody"}
	}
	if err := run(ctx, "", install, append([]string{"--no-defaults", "--datadir=" + data, "--skip-test-db"}, owner...)...); err != nil {
		return err
	}
	first, err := m.write("first.sql", fmt.Sprintf("CREATE DATABASE IF NOT EXISTS %[1]s;\nCREATE USER IF NOT EXISTS %[2]s IDENTIFIED BY '%[3]s';\nGRANT ALL ON %[1]s.* TO %[2]s;\n",
		mariaDatabase, mariaUser, Password))
	if err != nil {
		return err
	}
	m.nodes = []*node{{program: program{
		name: "mariadb", path: server, log: filepath.Join(m.dir, "mariadb.log"), noRoot: true,
		args: []string{
			"--no-defaults", "--datadir=" + data, "--socket=" + filepath.Join(data, "s"), "--pid-file=" + filepath.Join(data, "pid"),
			"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", m.port), "--init-file=" + first, "--innodb-buffer-pool-size=16M",
		},
		probe: func(ctx context.Context) error { return m.Exec(ctx, "SELECT 1") },
	}}}
	return nil
}

// DSN is where it serves, with a password.
func (m *MariaDB) DSN(password string) string {
	return fmt.Sprintf("%s:%s@tcp(%s)/%s", mariaUser, password, address(m.port), mariaDatabase)
}

// Exec runs statements, each of its own.
func (m *MariaDB) Exec(ctx context.Context, statements ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cfg, err := mysql.ParseDSN(m.DSN(Password))
	if err != nil {
		return err
	}
	cfg.Logger = &mysql.NopLogger{} // a server that starts cuts connections
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
