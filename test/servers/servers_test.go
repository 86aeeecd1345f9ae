package servers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
)

const childEnv = "MILLRACE_SERVERS_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// child starts an etcd, names its process and waits to be killed.
func child() int {
	e, err := StartEtcd(context.Background(), EtcdOptions{Members: 1, Dir: os.Getenv(childEnv)})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(e.nodes[0].process().cmd.Process.Pid)
	select {}
}

func TestServersEndWithAProcessThatIsKilled(t *testing.T) {
	if !Wanted() {
		t.Skip("skipped: real servers are for make test-real")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(line, &pid); err != nil {
		t.Fatalf("the child says %q", line)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	until(t, "etcd has ended", func() error {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("process %d is still there: %w", pid, err)
		}
		return nil
	})
}

func TestKafkaServesOnBothListenersThroughKillPauseAndRestart(t *testing.T) {
	k := KafkaFor(t, KafkaOptions{Nodes: 3, Secure: true, Users: []string{"app"}, ACL: true})
	put(t, k.Config(), "one")
	if _, err := produce(k.Secure("app"), "two"); !errors.Is(err, sarama.ErrTopicAuthorizationFailed) {
		t.Errorf("a user without any ACL: %v", err)
	}
	put(t, k.Secure(Superuser), "three")
	plain := k.Secure(Superuser)
	plain.SASL.Mechanism = kafka.Plain
	put(t, plain, "four")
	if _, err := produce(k.Expired(Superuser), "five"); err == nil {
		t.Error("an expired certificate was accepted")
	}
	foreign := k.Secure(Superuser)
	foreign.TLS.CAFile = k.Certificates.ForeignCA
	if _, err := produce(foreign, "six"); err == nil {
		t.Error("a foreign authority was accepted")
	}
	k.Kill(0)
	put(t, k.Secure(Superuser), "seven")
	if err := k.Restart(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := k.Pause(1); err != nil {
		t.Fatal(err)
	}
	put(t, k.Config(), "eight")
	if err := k.Resume(1); err != nil {
		t.Fatal(err)
	}
	put(t, k.Config(), "nine")
}

// put writes a record, as often as it takes.
func put(t *testing.T, c kafka.Config, value string) {
	t.Helper()
	until(t, "a record is written", func() error {
		_, err := produce(c, value)
		return err
	})
}

func produce(c kafka.Config, value string) (int64, error) {
	s, err := c.Sarama()
	if err != nil {
		return 0, err
	}
	admin, err := sarama.NewClusterAdmin(c.Brokers, s)
	if err != nil {
		return 0, err
	}
	defer admin.Close()
	err = admin.CreateTopic("t", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: -1}, false)
	if err != nil && !errors.Is(err, sarama.ErrTopicAlreadyExists) {
		return 0, err
	}
	p, err := sarama.NewSyncProducer(c.Brokers, s)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	_, offset, err := p.SendMessage(&sarama.ProducerMessage{Topic: "t", Value: sarama.StringEncoder(value)})
	return offset, err
}

func TestEtcdKeepsWhatItAcknowledgedWhenMembersAreKilled(t *testing.T) {
	for name, o := range map[string]EtcdOptions{
		"plain":               {},
		"TLS and passwords":   {Secure: true},
		"client certificates": {Secure: true, ClientCertificate: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := EtcdFor(t, o)
			client, err := etcd.Dial(t.Context(), e.Config(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			e.Kill(0)
			until(t, "two members take a write", func() error {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				_, err := client.Put(ctx, "/a", "1")
				return err
			})
			e.Kill(1)
			if err := e.Launch(1); err != nil {
				t.Fatal(err)
			}
			for i := range 2 {
				if err := e.Restart(t.Context(), i); err != nil {
					t.Fatal(err)
				}
			}
			got, err := client.Get(t.Context(), "/a")
			if err != nil || len(got.Kvs) != 1 {
				t.Errorf("after the kills: %v, %v", got, err)
			}
		})
	}
}

func TestTheSearchStoreKeepsItsDocumentsOverARestart(t *testing.T) {
	for name, o := range map[string]SearchOptions{"Elasticsearch": {}, "Elasticsearch with users": {Secure: true}, "OpenSearch": {OpenSearch: true}} {
		t.Run(name, func(t *testing.T) {
			s := SearchFor(t, o)
			if greeting := ask(t, s, http.MethodGet, "/", ""); !strings.Contains(greeting, `"number"`) {
				t.Errorf("GET / answers %s", greeting)
			}
			ask(t, s, http.MethodPut, "/i/_doc/1?refresh=true", `{"a":1}`)
			if err := s.Restart(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if found := ask(t, s, http.MethodGet, "/i/_count", ""); !strings.Contains(found, `"count":1`) {
				t.Errorf("after a restart: %s", found)
			}
		})
	}
}

func ask(t *testing.T, s *Search, method, path, body string) string {
	t.Helper()
	req, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s (%v)", method, path, resp.Status, text, err)
	}
	return string(text)
}

// until tries until there is no error.
func until(t *testing.T, what string, try func() error) {
	t.Helper()
	await.NoError(t, time.Minute, func() error {
		if err := try(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	})
}
