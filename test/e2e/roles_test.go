package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRolesAsProcessesGiveTheSameResult(t *testing.T) {
	data, logs := filepath.Join(t.TempDir(), "servers"), t.TempDir()
	servers := start(t, "millrace", "servers", "--data", data)
	for range 4 { // kafka, etcd, elasticsearch, config
		text := servers.line(30 * time.Second)
		if path, ok := strings.CutPrefix(text, "config "); ok && strings.TrimSpace(path) != filepath.Join(data, "servers.yaml") {
			t.Errorf("the config is at %q", path)
		}
	}
	config := filepath.Join(data, "servers.yaml")
	state := t.TempDir()
	admin := start(t, "millrace", "admin", "--config", config, "--http", "127.0.0.1:0")
	address, ok := strings.CutPrefix(admin.line(30*time.Second), "ready ")
	if !ok {
		t.Fatal("the admin is not ready")
	}
	processor := start(t, "millrace", "processor", "--config", config, "--state-dir", filepath.Join(state, "processor"))
	indexer := start(t, "millrace", "indexer", "--config", config)
	agent := start(t, "millrace-agent", "--config", config, "--host", "e2e", "--state-dir", filepath.Join(state, "agent"), "--allow-paths", logs+"/**")

	s := &site{t: t, data: data, logs: logs, api: api{t: t, base: address}}
	s.api.put("shop-access", s.config("shop", "access.log*", nginx), http.StatusCreated)
	log := newAccessLog(t, filepath.Join(logs, "access.log"))
	n := lines(3000)
	log.write(n / 3)
	agent.kill()
	log.write(n / 3)
	log.rotate()
	agent = start(t, "millrace", "agent", "--config", config, "--host", "e2e", "--state-dir", filepath.Join(state, "agent"), "--allow-paths", logs+"/**")
	processor.kill()
	indexer.kill()
	log.write(n / 3)
	processor = start(t, "millrace", "processor", "--config", config, "--state-dir", filepath.Join(state, "processor"))
	indexer = start(t, "millrace", "indexer", "--config", config)
	page := s.api.waitTotal("shop", log.n, 90*time.Second)
	checkOnce(t, s.api.all("shop"), log.n)
	checkFields(t, page.Hits[0], logs)
	checkHosts(t, s.api, log.n)
	for _, p := range []*process{agent, processor, indexer, admin, servers} {
		p.stop()
	}
}

func TestRawCatRebuildsTheFiles(t *testing.T) {
	s := newSite(t)
	s.api.put("shop-access", s.config("shop", "access.log*", nginx), http.StatusCreated)
	log := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	for range 3 {
		log.write(lines(3000) / 3)
		log.rotate()
	}
	s.api.waitTotal("shop", log.n, 60*time.Second)

	out := t.TempDir()
	cat := start(t, "millrace", "raw", "cat", "--config", filepath.Join(s.data, "servers.yaml"), "--rebuild", out)
	<-cat.ended
	if cat.err != nil {
		t.Fatalf("raw cat: %v\n%s", cat.err, cat.stderr)
	}
	checkRebuilt(t, out, log.path+".1", log.path+".2", log.path+".3")
	s.proc.stop()
}

// TestAnIndependentClientRebuildsTheFiles needs python3 with kafka-python.
func TestAnIndependentClientRebuildsTheFiles(t *testing.T) {
	if err := exec.Command("python3", "-c", "import kafka").Run(); err != nil {
		t.Skip("skipped: python3 with the package kafka-python is not installed")
	}
	s := newSite(t)
	s.api.put("shop-access", s.config("shop", "access.log*", nginx), http.StatusCreated)
	log := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	log.write(1000)
	log.rotate()
	log.write(1000)
	s.api.waitTotal("shop", log.n, 60*time.Second)

	out := t.TempDir()
	k := kafkaConfig(t, s.data)
	py := exec.Command("python3", "testdata/rebuild.py", k.Brokers[0], k.SASL.User, string(k.SASL.Password), out)
	if text, err := py.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	checkRebuilt(t, out, log.path, log.path+".1")
	s.proc.stop()
}

// checkRebuilt fails unless each file has a rebuilt twin somewhere under dir.
func checkRebuilt(t *testing.T, dir string, files ...string) {
	t.Helper()
	rebuilt := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rebuilt[string(text)] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !rebuilt[string(text)] {
			t.Errorf("no rebuilt file has the %d bytes of %s", len(text), name)
		}
	}
}
