package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/standalone"
	"github.com/millrace/millrace/internal/wire/wiretest"
)

// reach are the servers, and the environment with which a role reaches them.
func reach(t *testing.T) (*standalone.Servers, []string) {
	t.Helper()
	s, err := standalone.Start(t.Context(), standalone.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	k, e, x := s.Kafka(), s.Etcd(), s.Search()
	return s, []string{
		"MILLRACE_KAFKA_BROKERS=" + k.Brokers[0], "MILLRACE_KAFKA_SASL_MECHANISM=" + k.SASL.Mechanism,
		"MILLRACE_KAFKA_SASL_USER=" + k.SASL.User, "MILLRACE_KAFKA_SASL_PASSWORD=" + string(k.SASL.Password),
		"MILLRACE_ETCD_ENDPOINTS=" + e.Endpoints[0], "MILLRACE_ETCD_USER=" + e.User, "MILLRACE_ETCD_PASSWORD=" + string(e.Password),
		"MILLRACE_ELASTICSEARCH_ADDRESSES=" + x.Addresses[0], "MILLRACE_ELASTICSEARCH_API_KEY=" + string(x.APIKey),
		"MILLRACE_ADMIN_HTTP=127.0.0.1:0", "MILLRACE_ADMIN_TOPICS_PARTITIONS=4", "MILLRACE_ADMIN_TOPICS_REPLICATION=1",
		"MILLRACE_PROCESSOR_STATE_DIR=" + t.TempDir(), "MILLRACE_AGENT_STATE_DIR=" + t.TempDir(), "MILLRACE_AGENT_HOST=h",
	}
}

func TestARoleThatNobodyLetsInEndsWithOneLine(t *testing.T) {
	_, good := reach(t)
	ca := wiretest.NewCA(t).File
	for name, c := range map[string]struct {
		role    string
		environ string
		want    string
	}{
		"an agent with a wrong password of Kafka":  {"agent", "MILLRACE_KAFKA_SASL_PASSWORD=wrong-secret", `logs in (SCRAM-SHA-256); correct kafka.sasl.mechanism, kafka.sasl.user or kafka.sasl.password`},
		"an agent with a wrong password of etcd":   {"agent", "MILLRACE_ETCD_PASSWORD=wrong-secret", `user "root" or its password is wrong; correct etcd.user or etcd.password`},
		"a processor without a log-in at etcd":     {"processor", "MILLRACE_ETCD_USER= MILLRACE_ETCD_PASSWORD=", "it wants a log-in, and we have none; set etcd.user"},
		"an indexer with a wrong key":              {"indexer", "MILLRACE_ELASTICSEARCH_API_KEY=wrong-secret", "our API key is not let in; correct elasticsearch.api_key"},
		"an admin that speaks TLS to a plain port": {"admin", "MILLRACE_KAFKA_TLS_ENABLED=true MILLRACE_KAFKA_TLS_CA_FILE=" + ca, "this port does not speak TLS, and we do (it closes the connection); name its TLS port, or leave out kafka.tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			code, out, stderr := outcome(t, append(good, strings.Fields(c.environ)...), c.role, "--log-level=error")
			if code != 1 || out != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "secret") {
				t.Errorf("exit code %d, standard output %q, standard error %q", code, out, stderr)
			}
			if took := time.Since(began); took > wiretest.AnswerWithin {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// An agent that has worked here before goes on without those who refuse it.
func TestAnAgentThatHasWorkedWaitsForTheRepair(t *testing.T) {
	servers, environ := reach(t)
	password := wiretest.File(t, "wrong-secret")
	state := t.TempDir()
	wiretest.Rewrite(t, filepath.Join(state, "collections.json"), `{}`)
	var stripped []string
	for _, pair := range environ {
		if !strings.HasPrefix(pair, "MILLRACE_KAFKA_SASL_PASSWORD=") {
			stripped = append(stripped, pair)
		}
	}
	cmd := command(t, append(stripped, "MILLRACE_AGENT_STATE_DIR="+state, "MILLRACE_KAFKA_SASL_PASSWORD_FILE="+password), "agent", "--log-level=debug")
	logged := follow(t, cmd.StderrPipe)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	logged.await(t, "a server refuses this agent")
	logged.await(t, "Kafka does not take records")
	logged.await(t, "beats cannot be written")
	wiretest.Rewrite(t, password, string(servers.Kafka().SASL.Password)+"\n")
	logged.await(t, "beats are written again")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	logged.end()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// Nothing that a role says, however much it says, tells a secret.
func TestNoRoleTellsASecret(t *testing.T) {
	servers, environ := reach(t)
	secrets := []string{string(servers.Kafka().SASL.Password), string(servers.Etcd().Password), string(servers.Search().APIKey)}
	for role, sign := range map[string]string{
		"agent": "agent starts", "processor": "library=sarama", "indexer": "index template", "admin": "component=etcd",
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, append(environ, "MILLRACE_AGENT_STATE_DIR="+t.TempDir()), role, "--log-level=debug")
			logged := follow(t, cmd.StderrPipe)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			logged.await(t, sign)
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			text := logged.end()
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("a secret is told:\n%s", text)
				}
			}
		})
	}
}

// said is what a process says.
type said struct {
	news chan []byte
	text bytes.Buffer
}

func follow(t *testing.T, open func() (io.ReadCloser, error)) *said {
	t.Helper()
	pipe, err := open()
	if err != nil {
		t.Fatal(err)
	}
	s := &said{news: make(chan []byte, 1)}
	go func() { // ends with the process
		defer close(s.news)
		for {
			b := make([]byte, 32<<10)
			n, err := pipe.Read(b)
			if err != nil {
				return
			}
			s.news <- b[:n]
		}
	}()
	return s
}

// await waits until a text was said.
func (s *said) await(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !strings.Contains(s.text.String(), text) {
		select {
		case b, ok := <-s.news:
			if !ok {
				t.Fatalf("ended without %q:\n%s", text, &s.text)
			}
			s.text.Write(b)
		case <-deadline:
			t.Fatalf("no %q:\n%s", text, &s.text)
		}
	}
}

// end waits for the process's last word and returns all.
func (s *said) end() string {
	for b := range s.news {
		s.text.Write(b)
	}
	return s.text.String()
}
