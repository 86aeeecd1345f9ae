package standalone_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/settings"
	"github.com/millrace/millrace/internal/standalone"
	"github.com/millrace/millrace/internal/topics"
	"github.com/millrace/millrace/schemas/collect"
)

func start(t *testing.T, dir string) *standalone.Servers {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	begin := time.Now()
	s, err := standalone.Start(ctx, standalone.Config{DataDir: dir, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(begin))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestTheFolderBelongsToOneProcess(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	_, err := standalone.Start(t.Context(), standalone.Config{DataDir: dir})
	if !errors.Is(err, standalone.ErrInUse) {
		t.Errorf("a second start got %v", err)
	}
	kafka, etcd := s.Kafka().Brokers[0], s.Etcd().Endpoints[0]
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, dir)
	if again.Kafka().Brokers[0] != kafka || again.Etcd().Endpoints[0] != etcd {
		t.Error("the addresses changed over a restart although the ports were free")
	}
}

func TestAFolderThatOthersUseIsLeftAsItIs(t *testing.T) {
	for name, put := range map[string]string{"a file": "letter.txt", "a folder that is called as our lock": "lock/x"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "shared")
			file := filepath.Join(dir, put)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := standalone.Start(t.Context(), standalone.Config{DataDir: dir}); !errors.Is(err, standalone.ErrForeign) {
				t.Errorf("error %v", err)
			}
			info, err := os.Stat(dir)
			if err != nil {
				t.Fatal(err)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || info.Mode().Perm() != 0o755 {
				t.Errorf("it has mode %o and %v, %v", info.Mode().Perm(), entries, err)
			}
		})
	}
}

func TestAServerWithoutItsPasswordDoesNotStart(t *testing.T) {
	for name, text := range map[string]string{
		"nothing is there":                  "{}",
		"the file is of an earlier version": `{"kafka_password":"a","etcd_password":"b","search_key":"c"}`,
		"the file was cut":                  `{"kafka_pass`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "servers.json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := standalone.Start(t.Context(), standalone.Config{DataDir: dir})
			if err == nil {
				t.Fatal("it starts", s.Close())
			}
			if !strings.Contains(err.Error(), "servers.json") {
				t.Errorf("%v does not name the file", err)
			}
			if _, err := os.Stat(filepath.Join(dir, "etcd")); err == nil {
				t.Error("a server was started")
			}
		})
	}
}

func TestTheFolderAndTheConfigFileAreForTheirOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := start(t, dir)
	file := filepath.Join(dir, "millrace.yaml")
	if err := s.WriteConfig(file); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, file: 0o600, filepath.Join(dir, "servers.json"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestEveryRoleReadsTheConfigFile(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	file := filepath.Join(dir, "millrace.yaml")
	if err := s.WriteConfig(file); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"agent", "processor", "indexer", "admin"} {
		var cfg struct {
			Kafka   kafka.Config   `koanf:"kafka"`
			Etcd    etcd.Config    `koanf:"etcd"`
			Elastic elastic.Config `koanf:"elasticsearch"`
			Topics  topics.Plan    `koanf:"topics"`
		}
		if role != "admin" {
			cfg.Topics = s.Topics() // its section is not theirs
		}
		if err := (settings.Source{File: file}).Load(role, &cfg); err != nil {
			t.Fatalf("%s: %v", role, err)
		}
		if !reflect.DeepEqual(cfg.Kafka, s.Kafka()) || !reflect.DeepEqual(cfg.Etcd, s.Etcd()) || !reflect.DeepEqual(cfg.Elastic, s.Search()) || cfg.Topics != s.Topics() {
			t.Errorf("%s reads other addresses than it should", role)
		}
	}
}

func TestTheServersAreShutToStrangers(t *testing.T) {
	s := start(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	open := s.Etcd()
	open.User, open.Password = "", ""
	client, err := etcd.Dial(ctx, open, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.Get(ctx, collect.KeyRoot); err == nil {
		t.Error("etcd answers without a password")
	}
	agent, err := etcd.Dial(ctx, s.AgentEtcd(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = agent.Close() }()
	if _, err := agent.Get(ctx, collect.AgentKey("x")); err != nil {
		t.Errorf("an agent may not read what is for it: %v", err)
	}
	if _, err := agent.Get(ctx, collect.HeadKey("x")); err == nil {
		t.Error("an agent may read whole collections")
	}
	if _, err := agent.Put(ctx, collect.AgentKey("x"), "y"); err == nil {
		t.Error("an agent may write")
	}

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Search().Addresses[0]+"/_search", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the search store answers %d without a key", resp.StatusCode)
	}

	stranger := s.Kafka()
	stranger.SASL = kafka.SASL{}
	if err := kafka.EnsureTopics(ctx, stranger, topics.System(s.Topics())); err == nil {
		t.Error("kafka lets in who has no password")
	}
	if err := kafka.EnsureTopics(ctx, s.Kafka(), topics.System(s.Topics())); err != nil {
		t.Errorf("the topics are not as they should be: %v", err)
	}
}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}
