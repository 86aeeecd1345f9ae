package lookup

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite" // stands in for MySQL: the driver is all that differs

	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/geo/geotest"
	"github.com/millrace/millrace/processors/pipeline/table"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, testbed.Leaks()...) }

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	temporary := path + ".new"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, path); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, k *Keeper) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }() // ends with ctx
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	await.True(t, 30*time.Second, what, ok)
}

// answer is the text of the first cell of a row.
func answer(k *Keeper, name, key string) string {
	t := k.Table(name)
	if t == nil {
		return "no table"
	}
	row, ok := t.FindNet([]byte(key))
	if !ok || len(row) == 0 {
		return "no row"
	}
	return cell(row)
}

func cell(row table.Row) string {
	return row[0].Name + "=" + string(row[0].Value.Text())
}

func TestFilesAreReadAgainWhenTheyChangeAndBrokenOnesAreNot(t *testing.T) {
	dir := t.TempDir()
	file, places := filepath.Join(dir, "teams.csv"), filepath.Join(dir, "City.mmdb")
	k := New(Config{
		Geo: []string{places}, Tables: map[string]Table{"teams": {File: file, Key: "net"}}, CheckEvery: 5 * time.Millisecond,
	}, kafka.Config{}, nil)
	start(t, k)
	if got := answer(k, "teams", "10.1.1.1"); got != "no table" || k.Geo() != nil {
		t.Error(got)
	}
	write(t, file, []byte("net,team\n10.0.0.0/8,core\n"))
	eventually(t, "a first table", func() bool { return answer(k, "teams", "10.1.1.1") == "team=core" })
	write(t, file, []byte("broken\"\n"))
	write(t, places, geotest.City(t, "Berlin"))
	city := func() string {
		var c geo.Cache
		answer, _ := c.Lookup(k.Geo(), "City.mmdb", []byte("203.0.113.9"))
		e, targets := event.New(event.NewSchema()), make([]event.ID, geo.NumFields)
		for i := range targets {
			targets[i] = e.InternText(geo.Fields[i])
		}
		answer.Set(e, targets)
		if v := e.Get(targets[geo.CityName]); v != nil {
			return string(v.Text())
		}
		return ""
	}
	eventually(t, "a first database", func() bool { return city() == "Berlin" })
	if got := answer(k, "teams", "10.1.1.1"); got != "team=core" {
		t.Error("a broken file took the table away:", got)
	}
	write(t, places, geotest.City(t, "Old Berlin"))
	eventually(t, "the next database", func() bool { return city() == "Old Berlin" })
	write(t, file, []byte("net,team\n10.0.0.0/8,the next\n"))
	eventually(t, "the next table", func() bool { return answer(k, "teams", "10.1.1.1") == "team=the next" })
}

// A right that was missing does not show in the time or the size of a file.
func TestAFileThatMayBeReadAtLastIsRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	file := filepath.Join(t.TempDir(), "teams.csv")
	write(t, file, []byte("host,team\na,core\n"))
	var last stamp
	for _, c := range []struct {
		mode   os.FileMode
		err    bool
		length int
	}{{0, true, 0}, {0, false, 0}, {0o600, false, 17}, {0o600, false, 0}} {
		if err := os.Chmod(file, c.mode); err != nil {
			t.Fatal(err)
		}
		if data, fresh, err := changed(file, &last); (err != nil) != c.err || len(data) != c.length || fresh != (c.length > 0) {
			t.Errorf("%+v: %q %v %v", c, data, fresh, err)
		}
	}
}

func TestWhatIsNoFileIsToldOnceAndNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, why := range map[string]string{pipe: "not a regular file", dir: "not a regular file", pipe + "-none": "no such file"} {
		var last stamp
		if _, _, err := changed(path, &last); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", path, err)
		}
		if _, fresh, err := changed(path, &last); err != nil || fresh {
			t.Errorf("%s is told again: %v %v", path, fresh, err)
		}
	}
}

func TestDatabasesOfAFolderComeAndGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a [strange] folder")
	k := New(Config{GeoDir: dir, CheckEvery: 5 * time.Millisecond}, kafka.Config{}, nil)
	start(t, k)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "city.mmdb"), geotest.City(t, "Berlin"))
	eventually(t, "a database that came", func() bool { return k.Geo().Has("city.mmdb") })
	write(t, filepath.Join(dir, "broken.mmdb"), []byte("broken"))
	write(t, filepath.Join(dir, "asn.mmdb"), geotest.ASN(t))
	eventually(t, "a second one", func() bool { return k.Geo().Has("asn.mmdb") })
	if !k.Geo().Has("city.mmdb") || k.Geo().Has("broken.mmdb") {
		t.Error("the others are not as they were")
	}
	if err := os.Remove(filepath.Join(dir, "city.mmdb")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "one that went", func() bool { return !k.Geo().Has("city.mmdb") && k.Geo().Has("asn.mmdb") })
}

func TestAQueryGivesATable(t *testing.T) {
	q := newQuery(Table{Key: "id", SQL: SQL{DSN: ":memory:", Query: "select 'core' as team, 7 as id union select null, 8 union select 'x', null"}}, nil)
	q.open = func(dsn string) (*sql.DB, error) { return sql.Open("sqlite", dsn) }
	defer q.close()
	read, err := q.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	row, ok := read.Find([]byte("7"))
	if !ok || cell(row) != "team=core" || read.Len() != 2 {
		t.Error(row, ok, read.Len())
	}
	q.Key = "other"
	if _, err := q.run(t.Context()); err == nil {
		t.Error("a column that is not there is taken")
	}
}

func TestATopicIsATable(t *testing.T) {
	bed := testbed.Start(t, "teams")
	k := New(Config{Tables: map[string]Table{"teams": {Topic: "teams"}}}, bed.Config(t.TempDir()).Kafka, nil)
	bed.Put(&kgo.Record{Topic: "teams", Key: []byte("10.0.0.0/8"), Value: []byte(`{"team":"core"}`)})
	start(t, k)
	eventually(t, "a row", func() bool { return answer(k, "teams", "10.1.1.1") == "team=core" })
	bed.Put(&kgo.Record{Topic: "teams", Key: []byte("10.0.0.0/8"), Value: []byte(`{"team":"next"}`)})
	eventually(t, "a newer row", func() bool { return answer(k, "teams", "10.1.1.1") == "team=next" })
}

func TestProblemsOfAConfigAreNamed(t *testing.T) {
	err := Config{CheckEvery: -1, Tables: map[string]Table{"a": {}, "b": {SQL: SQL{Query: "select 1", Every: -1}}}}.Validate()
	want := "check_every: must not be negative, is -1ns\ntables.a: needs one of file, sql.query and topic, has 0\n" +
		"tables.b.sql: needs one of dsn and dsn_file\ntables.b.sql.every: must not be negative, is -1ns"
	if err == nil || err.Error() != want {
		t.Error(err)
	}
}
