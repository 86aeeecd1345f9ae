package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestRolesAsProcessesGiveTheSameResult(t *testing.T) {
	s := bareSite(t)
	s.serve()
	s.admin()
	processor, indexer, agent := s.processor("0"), s.indexer(), s.agent("millrace-agent", "e2e")

	s.api.put("shop-access", s.config("shop", "access.log*", nginx), http.StatusCreated)
	log := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	n := lines(3000)
	log.write(n / 3)
	agent.kill()
	log.write(n / 3)
	log.rotate()
	agent = s.agent("millrace", "e2e")
	processor.kill()
	indexer.kill()
	log.write(n / 3)
	processor, indexer = s.processor("0"), s.indexer()
	page := s.api.waitTotal("shop", log.n, 90*time.Second)
	checkOnce(t, s.api.all("shop"), log.n)
	checkFields(t, page.Hits[0], s.logs)
	checkHosts(t, s.api, log.n)
	for _, p := range []*process{agent, processor, indexer} {
		p.stop()
	}
	s.stop()
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
	cat := start(t, "millrace", "raw", "cat", "--config", s.file(), "--rebuild", out)
	<-cat.ended
	if cat.err != nil {
		t.Fatalf("raw cat: %v\n%s", cat.err, cat.stderr)
	}
	checkRebuilt(t, out, log.path+".1", log.path+".2", log.path+".3")
	s.stop()
}

// TestAnIndependentClientRebuildsTheFiles needs python3 with kafka-python.
func TestAnIndependentClientRebuildsTheFiles(t *testing.T) {
	if err := exec.Command("python3", "-c", "import kafka").Run(); err != nil {
		t.Skip("skipped: python3 with the package kafka-python is not installed")
	}
	if shared != nil {
		t.Skip("skipped: the script speaks for the embedded broker, which is ours to prove")
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
	s.stop()
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
