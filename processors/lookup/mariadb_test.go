package lookup

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/test/servers"
)

// said collects what is logged.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Split(strings.TrimSpace(s.text.String()), "\n")
}

func (s *said) count(text string) (n int) {
	for _, line := range s.lines() {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func (s *said) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func owners(m *servers.MariaDB, password string) Config {
	return Config{Tables: map[string]Table{"owners": {
		Key: "net", SQL: SQL{DSN: Secret(m.DSN(password)), Query: "select team, net, size, share, since, note from owners", Every: 50 * time.Millisecond},
	}}}
}

func TestATableOfMariaDBFollowsItThroughOutages(t *testing.T) {
	m := servers.MariaDBFor(t)
	exec := func(statements ...string) {
		t.Helper()
		if err := m.Exec(t.Context(), statements...); err != nil {
			t.Fatal(err)
		}
	}
	exec("create table owners (net varchar(40) primary key, team varchar(40) character set utf8mb4, size int, share decimal(5,2), since datetime, note text)",
		"insert into owners values ('10.1.0.0/16', 'Käufer 🛒', 7, 0.25, '2026-11-22 10:00:00', null), ('web-1', 'core', -1, 1, null, '')")
	out := &said{}
	k := New(owners(m, servers.Password), kafka.Config{}, out.log())
	start(t, k)
	eventually(t, "the first copy", func() bool { return answer(k, "owners", "10.1.2.3") == "team=Käufer 🛒" })
	row, _ := k.Table("owners").FindNet([]byte("10.1.2.3"))
	var cells []string
	for _, c := range row {
		cells = append(cells, c.Name+"="+string(c.Value.Text()))
	}
	if diff := cmp.Diff([]string{"team=Käufer 🛒", "size=7", "share=0.25", "since=2026-11-22 10:00:00"}, cells); diff != "" {
		t.Error(diff) // what is null is no field
	}
	exec("update owners set team = 'shop' where net = 'web-1'")
	eventually(t, "a changed row", func() bool { return answer(k, "owners", "web-1") == "team=shop" })

	m.Kill(0)
	eventually(t, "word of the outage", func() bool { return out.count("connection refused") > 0 })
	if got := answer(k, "owners", "web-1"); got != "team=shop" {
		t.Errorf("with the server away the answer is %s", got)
	}
	if err := m.Restart(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	exec("update owners set team = 'crew' where net = 'web-1'")
	eventually(t, "the row of the server that came back", func() bool { return answer(k, "owners", "web-1") == "team=crew" })

	if err := m.Pause(0); err != nil {
		t.Fatal(err)
	}
	if got := answer(k, "owners", "web-1"); got != "team=crew" {
		t.Errorf("with the server frozen the answer is %s", got)
	}
	if err := m.Resume(0); err != nil {
		t.Fatal(err)
	}
	exec("drop table owners")
	eventually(t, "word of the table that went", func() bool { return out.count("doesn't exist") == 1 })
	if got := answer(k, "owners", "web-1"); got != "team=crew" {
		t.Errorf("without the table the answer is %s", got)
	}
	if n := out.count("gives its table again"); n == 0 {
		t.Errorf("nobody is told that the server is back: %q", out.lines())
	}
}

func TestAWrongPasswordIsOneLineWithoutIt(t *testing.T) {
	m := servers.MariaDBFor(t)
	out := &said{}
	k := New(owners(m, "not-the-secret"), kafka.Config{}, out.log())
	start(t, k)
	eventually(t, "word of it", func() bool { return out.count("Access denied") > 0 })
	eventually(t, "three more tries", func() bool { return out.count("still gives no table") >= 3 })
	loud := slices.DeleteFunc(out.lines(), func(line string) bool { return strings.Contains(line, "level=DEBUG") })
	if len(loud) != 1 || !strings.Contains(loud[0], "table=owners") || out.count("not-the-secret") > 0 {
		t.Errorf("%q", out.lines())
	}
	if k.Table("owners") != nil {
		t.Error("there is a table")
	}
}
