package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/processors"
	hosttable "github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/topic"
)

// manyHosts is how many hosts a large installation has.
const manyHosts = 100_000

// A processor that has lost its folder reads the host table from Kafka before it works.
func TestTheTableOfManyHostsIsReadAgain(t *testing.T) {
	if shared == nil || testing.Short() {
		t.Skip("skipped: a time worth knowing needs make test-real, not short")
	}
	s := bareSite(t)
	s.serve()
	s.admin()
	s.api.put("shop-access", s.config("shop", "access.log", nginx), http.StatusCreated)
	agent := s.agent("millrace-agent", "e2e")
	log := newAccessLog(t, filepath.Join(s.logs, "access.log"))
	cl := client(t, s.data)
	eventually(t, 60*time.Second, func() error { return cl.RefreshMetadata(topic.TableOf(topic.GroupEnrich), topic.Logs("shop")) })

	// ready is how long a processor that starts takes to give out the next line.
	ready := func(what string) {
		t.Helper()
		before := written(t, cl, topic.Logs("shop"))
		log.write(1)
		began := time.Now()
		p := s.processor("0")
		eventually(t, 4*time.Minute, func() error {
			if written(t, cl, topic.Logs("shop")) == before {
				return fmt.Errorf("nothing came out")
			}
			return nil
		})
		t.Logf("%s: the first line is out %v after the start", what, time.Since(began).Round(100*time.Millisecond))
		p.stop()
	}
	ready("an empty table")
	began, size := time.Now(), fillHosts(t, cl)
	t.Logf("wrote %d hosts of %d bytes each in %v", manyHosts, size/manyHosts, time.Since(began).Round(time.Second))
	state := filepath.Join(s.data, "processor")
	if err := os.RemoveAll(state); err != nil {
		t.Fatal(err)
	}
	ready("100,000 hosts, folder lost")
	ready("100,000 hosts, folder kept")
	agent.stop()
	s.stop()
}

// written is how many records a topic has got.
func written(t *testing.T, cl sarama.Client, name string) (sum int64) {
	t.Helper()
	partitions, err := cl.Partitions(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		n, err := cl.GetOffset(name, p, sarama.OffsetNewest)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// fillHosts writes what enrich keeps of a host with three apps and a full window of
// one agent, for many hosts, and returns the bytes of all values.
func fillHosts(t *testing.T, cl sarama.Client) (size int) {
	t.Helper()
	p, err := sarama.NewAsyncProducerFromClient(cl)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	table := topic.TableOf(topic.GroupEnrich)
	go func() { // ends with the input below, or with ctx
		defer p.AsyncClose()
		for i := range manyHosts {
			m := &sarama.ProducerMessage{Topic: table, Key: sarama.StringEncoder(fmt.Sprintf("web-%06d.example.org", i)), Value: sarama.ByteEncoder(hostValue(i))}
			select {
			case p.Input() <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	n := 0
	for n < manyHosts {
		select {
		case m := <-p.Successes():
			n++
			size += m.Value.Length()
		case err := <-p.Errors():
			t.Fatal(err)
		case <-ctx.Done():
			t.Fatalf("wrote %d hosts only", n)
		}
	}
	return size
}

func hostValue(i int) []byte {
	var w processors.Window
	for seq := range uint64(1000) {
		w.Mark(fmt.Sprintf("%08d-%012d", i, i), seq)
	}
	state, at := &hosttable.State{}, time.Now()
	for _, app := range []string{"shop", "sshd", "system"} {
		state.Add(app, at, hosttable.Counts{Lines: uint64(i), Bytes: uint64(i) * 120})
	}
	state.Seen(at)
	state.Window, _ = w.MarshalBinary() // it has no error to give
	return hosttable.Append(nil, state)
}
