package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/topic"
	"github.com/millrace/millrace/test/servers"
)

// secured skips a test whose servers ask nobody for a password.
func secured(t *testing.T) {
	t.Helper()
	if shared == nil || shared.Search.Certificates == nil {
		t.Skip("skipped: needs the real servers with users, make test-real")
	}
}

// What a role is given, the other tests show to be enough; this one shows that it is all.
func TestARoleMayDoNothingButItsOwn(t *testing.T) {
	secured(t)
	s := bareSite(t)
	s.serve()
	s.admin()
	s.api.put("shop-access", s.config("shop", "access.log", nginx), http.StatusCreated)
	eventually(t, 30*time.Second, func() error { return write(shared.Kafka.Secure(servers.Superuser), topic.Logs("shop")) })
	writers := map[string][]string{ // who may write to which topic
		topic.Raw: {"agent", "processor"}, topic.Agents: {"agent"}, topic.Logs("shop"): {"processor"}, topic.DeadRaw: {"processor"},
		topic.DeadLogs: {"indexer"}, topic.TableOf(topic.GroupEnrich): {"processor"},
	}
	readers := map[string][]string{ // who may read which key
		collect.KeyHeads: {"processor", "indexer", "admin"}, collect.KeyAgent: {"agent", "admin"},
	}
	for _, role := range roles {
		for name, may := range writers {
			err := write(shared.Kafka.Secure(role), name)
			if allowed := strings.Contains(strings.Join(may, " "), role); allowed != (err == nil) || (err != nil && !errors.Is(err, sarama.ErrTopicAuthorizationFailed)) {
				t.Errorf("%s writes to %s: %v", role, name, err)
			}
		}
		for prefix, may := range readers {
			readErr, writeErr := touch(shared.Etcd.As(role), prefix)
			if allowed := strings.Contains(strings.Join(may, " "), role); allowed != (readErr == nil) || (readErr != nil && !errors.Is(readErr, rpctypes.ErrPermissionDenied)) {
				t.Errorf("%s reads %s: %v", role, prefix, readErr)
			}
			if role != "admin" && !errors.Is(writeErr, rpctypes.ErrPermissionDenied) {
				t.Errorf("%s writes to %s: %v", role, prefix, writeErr)
			}
		}
	}
	s.stop()
}

// write sends a record that means nothing.
func write(c kafka.Config, name string) error {
	conf, err := c.Sarama()
	if err != nil {
		return err
	}
	conf.Producer.Return.Successes = true
	conf.Producer.Idempotent = false
	p, err := sarama.NewSyncProducer(c.Brokers, conf)
	if err != nil {
		return err
	}
	defer p.Close()
	_, _, err = p.SendMessage(&sarama.ProducerMessage{Topic: name, Key: sarama.StringEncoder("nobody")})
	return err
}

// touch reads a key below a prefix, and writes one.
func touch(c etcd.Config, prefix string) (readErr, writeErr error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	client, err := etcd.Dial(ctx, c, nil)
	if err != nil {
		return err, err
	}
	defer client.Close()
	_, readErr = client.Get(ctx, prefix+"nothing")
	_, writeErr = client.Put(ctx, prefix+"nothing", "{}")
	if writeErr == nil {
		_, writeErr = client.Delete(ctx, prefix+"nothing")
	}
	return readErr, writeErr
}

// Whatever is wrong with a log-in or a certificate is one line, soon, and exit code 1.
func TestWrongCredentialsAreOneLine(t *testing.T) {
	secured(t)
	s := bareSite(t)
	s.serve()
	k, e, x := shared.Kafka.Secure("indexer"), shared.Etcd.As("indexer"), shared.Search.As("indexer")
	reach := func(k kafka.Config, e etcd.Config, x elastic.Config) string {
		file := filepath.Join(t.TempDir(), "role.yaml")
		if err := os.WriteFile(file, servers.ConfigText(k, e, x), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	refused := func(name, server, want string, file string) {
		t.Helper()
		began := time.Now()
		p := start(t, "millrace", "indexer", "--config", file, "--log-level=error")
		select {
		case <-p.ended:
		case <-time.After(30 * time.Second):
			t.Fatalf("%s: it goes on; standard error:\n%s", name, p.stderr)
		}
		took, said := time.Since(began).Round(100*time.Millisecond), p.stderr.String()
		t.Logf("%s, after %s: %s", name, took, said)
		if code := p.cmd.ProcessState.ExitCode(); code != 1 || strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "millrace: "+server+" at ") ||
			!strings.Contains(said, want) || strings.Contains(said, "wrong-secret") || took > 10*time.Second {
			t.Errorf("%s: exit code %d after %s, standard error %q", name, code, took, said)
		}
	}
	const password, authority, expired = `user "indexer" or its password is wrong`, "signed by an authority that we do not trust", "its certificate has expired on 20"

	bad := k
	bad.SASL.Password = "wrong-secret"
	refused("Kafka, wrong password", "kafka", password, reach(bad, e, x))
	bad = k
	bad.TLS.CAFile = shared.Kafka.Certificates.ForeignCA
	refused("Kafka, wrong CA", "kafka", authority, reach(bad, e, x))
	refused("Kafka, expired certificate", "kafka", expired, reach(shared.Kafka.Expired("indexer"), e, x))

	badEtcd := e
	badEtcd.Password = "wrong-secret"
	refused("etcd, wrong password", "etcd", password, reach(k, badEtcd, x))
	badEtcd = e
	badEtcd.TLS.CAFile = shared.Etcd.Certificates.ForeignCA
	refused("etcd, wrong CA", "etcd", authority, reach(k, badEtcd, x))

	badSearch := x
	badSearch.Password = "wrong-secret"
	refused("Elasticsearch, wrong password", "elasticsearch", `user "indexer" is not let in`, reach(k, e, badSearch))
	badSearch = x
	badSearch.TLS.CAFile = shared.Search.Certificates.ForeignCA
	refused("Elasticsearch, wrong CA", "elasticsearch", authority, reach(k, e, badSearch))

	for name, c := range map[string]*servers.Certificates{"etcd": shared.Etcd.Certificates, "elasticsearch": shared.Search.Certificates} {
		renew, err := c.Expire()
		if err != nil {
			t.Fatal(err)
		}
		probe := func() error { return x.Probe(t.Context()) }
		if name == "etcd" {
			probe = func() error { return e.Probe(t.Context(), collect.KeyHeads) }
		}
		eventually(t, 30*time.Second, func() error {
			if err := probe(); err == nil || !strings.Contains(err.Error(), expired) {
				return fmt.Errorf("%s serves another certificate: %w", name, err)
			}
			return nil
		})
		refused(name+", expired certificate", name, expired, reach(k, e, x))
		if err := renew(); err != nil {
			t.Fatal(err)
		}
		eventually(t, 30*time.Second, probe)
	}
	s.stop()
}
