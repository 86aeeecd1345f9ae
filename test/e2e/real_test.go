package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/test/servers"
)

// shared is the servers that all tests share, one after the other; nil when they run on
// embedded ones. MILLRACE_REAL=opensearch takes OpenSearch for the search store.
var shared *servers.Set

// roles are also the users that the roles log in as.
var roles = []string{"agent", "processor", "indexer", "admin"}

// startReal starts three brokers with TLS, passwords and ACLs, three members of etcd and
// a search store with TLS and users. Each role has the rights that deploy/ gives it,
// and no other. OpenSearch is without all of this: its reduced distribution has no users.
func startReal() error {
	if !servers.Wanted() {
		return nil
	}
	search := servers.SearchOptions{OpenSearch: os.Getenv("MILLRACE_REAL") == "opensearch"}
	if !search.OpenSearch {
		text, err := os.ReadFile("../../deploy/elasticsearch/roles.yml")
		if err != nil {
			return err
		}
		search.Secure, search.Roles = true, text
		search.Users = map[string]string{"indexer": "millrace_indexer", "admin": "millrace_admin"}
	}
	var err error
	shared, err = servers.StartSet(context.Background(), servers.SetOptions{
		Kafka:  servers.KafkaOptions{Nodes: 3, Secure: true, ACL: true, Users: roles},
		Etcd:   servers.EtcdOptions{Secure: true},
		Search: search,
	})
	if err != nil {
		return err
	}
	for _, role := range roles {
		if err := errors.Join(grantKafka(role), grantEtcd(role)); err != nil {
			return errors.Join(fmt.Errorf("rights of %s: %w", role, err), shared.Close())
		}
	}
	return nil
}

// wipe empties the real servers and writes the configs that reach them: the almighty
// one and one for each role.
func wipe(t *testing.T, data string) {
	t.Helper()
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	errs := []error{wipeKafka(t), wipeEtcd(t), wipeSearch(t), shared.WriteConfig(filepath.Join(data, "servers.yaml"))}
	for _, role := range roles {
		errs = append(errs, shared.WriteConfigAs(filepath.Join(data, role+".yaml"), role))
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// wipeKafka deletes what groups have committed, and every topic of ours.
func wipeKafka(t *testing.T) error {
	t.Helper()
	c := shared.Kafka.Config()
	conf, err := c.Sarama()
	if err != nil {
		return err
	}
	admin, err := sarama.NewClusterAdmin(c.Brokers, conf)
	if err != nil {
		return err
	}
	defer admin.Close()
	eventually(t, 60*time.Second, func() error { // members that were killed leave by their session timeout
		groups, err := admin.ListConsumerGroups()
		for name := range groups {
			err = errors.Join(err, admin.DeleteConsumerGroup(name))
		}
		return err
	})
	eventually(t, 60*time.Second, func() error {
		topics, err := admin.ListTopics()
		for name := range topics {
			if !strings.HasPrefix(name, "__") {
				err = errors.Join(err, fmt.Errorf("topic %s is there", name), admin.DeleteTopic(name))
			}
		}
		return err
	})
	return nil
}

func wipeEtcd(t *testing.T) error {
	t.Helper()
	client, err := etcd.Dial(t.Context(), shared.Etcd.Config(), nil)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Delete(t.Context(), "/millrace/", clientv3.WithPrefix())
	return err
}

func wipeSearch(t *testing.T) error {
	t.Helper()
	req, err := http.NewRequest(http.MethodDelete, shared.Search.URL()+"/logs-*", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := shared.Search.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("DELETE indices: %s", resp.Status)
	}
	return nil
}

// Two of each role share the work; one of each is killed, and so is a broker where
// there are three.
func TestTwoOfEachRoleCountEveryLineOnce(t *testing.T) {
	s := bareSite(t)
	s.serve()
	s.admin()
	hosts := []string{"alpha", "beta"}
	for _, host := range hosts {
		config := strings.Replace(s.config(host, host+"/access.log*", nginx), `"*"`, `"`+host+`"`, 1)
		s.api.put("shop-"+host, config, http.StatusCreated)
	}
	var agents, processors, indexers []*process
	var logs []*accessLog
	for i, host := range hosts {
		if err := os.Mkdir(filepath.Join(s.logs, host), 0o755); err != nil {
			t.Fatal(err)
		}
		logs = append(logs, newAccessLog(t, filepath.Join(s.logs, host, "access.log")))
		agents = append(agents, s.agent("millrace-agent", host))
		processors = append(processors, s.processor(fmt.Sprint(i)))
		indexers = append(indexers, s.indexer())
	}
	write := func() {
		for _, log := range logs {
			log.write(lines(3000) / 3)
			log.rotate()
		}
	}
	write()
	for i, host := range hosts {
		s.api.waitTotal(host, logs[i].n, 90*time.Second)
	}
	agents[0].kill()
	processors[0].kill()
	indexers[0].kill()
	if shared != nil {
		shared.Kafka.Kill(0)
	}
	write()
	agents[0] = s.agent("millrace-agent", hosts[0])
	// On a machine that other work keeps busy all of this takes five times as long.
	const patience = 4 * time.Minute
	for i, host := range hosts { // the survivors take over
		s.api.waitTotal(host, logs[i].n, patience)
	}
	if shared != nil {
		if err := shared.Kafka.Restart(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	processors[0], indexers[0] = s.processor("0"), s.indexer()
	write()
	for i, host := range hosts {
		s.api.waitTotal(host, logs[i].n, patience)
		checkOnce(t, s.api.all(host), logs[i].n)
	}
	for _, p := range slices.Concat(agents, processors, indexers) {
		p.stop()
	}
	s.stop()
}
