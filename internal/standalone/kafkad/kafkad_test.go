package kafkad_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/standalone/kafkad"
)

const (
	// childDir makes the test binary a server on that folder.
	childDir = "MILLRACE_KAFKAD_TEST_DIR"
	user     = "somebody"
	password = "secret"
	events   = "events"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// child serves until it is killed.
func child(dir string) {
	s, err := kafkad.Start(kafkad.Config{Dir: dir, User: user, Password: password})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println(s.Port())
	select {}
}

func TestWhatWasAcknowledgedSurvivesKill9(t *testing.T) {
	dir := t.TempDir()
	process, cfg := spawn(t, dir)
	ensure(t, cfg, kafka.TopicSpec{Name: events, Partitions: 2, Replication: 1})
	const records = 2000
	var want []string
	for i := range records {
		want = append(want, "record "+strconv.Itoa(i))
	}
	produce(t, cfg, "key", want...)
	commit(t, cfg, "readers", 1234)
	kill(t, process)

	process, cfg = spawn(t, dir)
	if got := consume(t, cfg, records); !slices.Equal(got, want) {
		t.Errorf("%d of %d records are as they were", len(got), records)
	}
	if got := committed(t, cfg, "readers"); got != 1234 {
		t.Errorf("the group's offset is %d, want 1234", got)
	}
	produce(t, cfg, "key", "after the crash")
	if got := consume(t, cfg, records+1); got[records] != "after the crash" {
		t.Errorf("the newest record is %q", got[records])
	}
	kill(t, process)
}

func TestNobodyComesInWithoutThePassword(t *testing.T) {
	s := serve(t, kafkad.Config{Dir: t.TempDir(), User: user, Password: password})
	for name, change := range map[string]func(*kafka.Config){
		"no user":        func(c *kafka.Config) { c.SASL = kafka.SASL{} },
		"wrong password": func(c *kafka.Config) { c.SASL.Password = "guess" },
		"wrong user":     func(c *kafka.Config) { c.SASL.User = "admin" },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := s.Kafka()
			change(&cfg)
			sc := saramaConfig(t, cfg)
			sc.Metadata.Retry.Max = 0
			client, err := sarama.NewClient(cfg.Brokers, sc)
			if err == nil {
				_ = client.Close()
				t.Error("it was let in")
			}
		})
	}
	ensure(t, s.Kafka(), kafka.TopicSpec{Name: events, Partitions: 1, Replication: 1})
}

func TestRetentionAndCompactionRemoveWhatIsOld(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, kafkad.Config{Dir: dir})
	ensure(t, s.Kafka(), kafka.TopicSpec{Name: events, Partitions: 1, Replication: 1, Config: map[string]string{"retention.ms": "1"}})
	ensure(t, s.Kafka(), kafka.TopicSpec{Name: "table", Partitions: 1, Replication: 1, Config: map[string]string{"cleanup.policy": "compact"}})
	produce(t, s.Kafka(), "key", "1", "2", "3")
	for i := range 10 {
		send(t, s.Kafka(), "table", "key", strconv.Itoa(i))
	}
	port := s.Port()
	s.Close()
	s = serve(t, kafkad.Config{Dir: dir, Port: port}) // kfake alone would clean no more after a restart
	s.Clean()
	if oldest, newest := offsets(t, s.Kafka(), events); oldest != newest {
		t.Errorf("records beyond retention are still there: %d to %d", oldest, newest)
	}
	if n := len(consumeTopic(t, s.Kafka(), "table", -1)); n >= 10 {
		t.Errorf("the compacted topic still has %d records of one key", n)
	}
}

func TestAPortThatIsTakenIsReplaced(t *testing.T) {
	first := serve(t, kafkad.Config{Dir: t.TempDir()})
	second := serve(t, kafkad.Config{Dir: t.TempDir(), Port: first.Port()})
	if first.Port() == second.Port() {
		t.Error("two servers on one port")
	}
}

func serve(t *testing.T, cfg kafkad.Config) *kafkad.Server {
	t.Helper()
	s, err := kafkad.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// spawn starts a server in a process of its own.
func spawn(t *testing.T, dir string) (*exec.Cmd, kafka.Config) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line := bufio.NewScanner(out)
	if !line.Scan() {
		t.Fatal("the server said nothing")
	}
	port, err := strconv.Atoi(line.Text())
	if err != nil {
		t.Fatal(line.Text())
	}
	return cmd, kafka.Config{
		Brokers: []string{"127.0.0.1:" + strconv.Itoa(port)},
		SASL:    kafka.SASL{Mechanism: kafka.ScramSHA256, User: user, Password: password},
	}
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		t.Fatalf("the server ended with %v", err)
	}
}

func saramaConfig(t *testing.T, cfg kafka.Config) *sarama.Config {
	t.Helper()
	sc, err := cfg.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func ensure(t *testing.T, cfg kafka.Config, spec kafka.TopicSpec) {
	t.Helper()
	if err := kafka.EnsureTopics(t.Context(), cfg, []kafka.TopicSpec{spec}); err != nil {
		t.Fatal(err)
	}
}

func produce(t *testing.T, cfg kafka.Config, key string, values ...string) {
	t.Helper()
	send(t, cfg, events, key, values...)
}

func send(t *testing.T, cfg kafka.Config, topic, key string, values ...string) {
	t.Helper()
	p, err := sarama.NewSyncProducer(cfg.Brokers, saramaConfig(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	messages := make([]*sarama.ProducerMessage, len(values))
	for i, v := range values {
		messages[i] = &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(key), Value: sarama.StringEncoder(v)}
	}
	if err := p.SendMessages(messages); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

func consume(t *testing.T, cfg kafka.Config, n int) []string {
	t.Helper()
	return consumeTopic(t, cfg, events, n)
}

// consumeTopic reads n records, or all there are with -1.
func consumeTopic(t *testing.T, cfg kafka.Config, topic string, n int) []string {
	t.Helper()
	c, err := sarama.NewConsumer(cfg.Brokers, saramaConfig(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	var got []string
	partitions, err := c.Partitions(topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {

		pc, err := c.ConsumePartition(topic, p, sarama.OffsetOldest)
		if err != nil {
			t.Fatal(err)
		}
		newest := end(t, cfg, topic, p)
		for oldest := start(t, cfg, topic, p); oldest < newest && len(got) != n; {
			select {
			case m := <-pc.Messages():
				got = append(got, string(m.Value))
				oldest = m.Offset + 1
			case <-time.After(20 * time.Second):
				t.Fatalf("only %d records came", len(got))
			}
		}
		_ = pc.Close()
	}
	return got
}

func offsets(t *testing.T, cfg kafka.Config, topic string) (oldest, newest int64) {
	t.Helper()
	return start(t, cfg, topic, 0), end(t, cfg, topic, 0)
}

func start(t *testing.T, cfg kafka.Config, topic string, p int32) int64 {
	t.Helper()
	return offset(t, cfg, topic, p, sarama.OffsetOldest)
}

func end(t *testing.T, cfg kafka.Config, topic string, p int32) int64 {
	t.Helper()
	return offset(t, cfg, topic, p, sarama.OffsetNewest)
}

func offset(t *testing.T, cfg kafka.Config, topic string, p int32, which int64) int64 {
	t.Helper()
	client, err := sarama.NewClient(cfg.Brokers, saramaConfig(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	n, err := client.GetOffset(topic, p, which)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// commit commits an offset as a member of a group.
func commit(t *testing.T, cfg kafka.Config, group string, offset int64) {
	t.Helper()
	g, err := sarama.NewConsumerGroup(cfg.Brokers, group, saramaConfig(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	go func() { // ended by Close
		for range g.Errors() {
		}
	}()
	if err := g.Consume(t.Context(), []string{events}, committer{offset}); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
}

// committer commits one offset and leaves.
type committer struct{ offset int64 }

func (committer) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (committer) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (c committer) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	if claim.Partition() == 0 {
		s.MarkOffset(events, 0, c.offset, "")
		s.Commit()
	}
	return nil
}

func committed(t *testing.T, cfg kafka.Config, group string) int64 {
	t.Helper()
	client, err := sarama.NewClient(cfg.Brokers, saramaConfig(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	m, err := sarama.NewOffsetManagerFromClient(group, client)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	p, err := m.ManagePartition(events, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.AsyncClose()
	offset, _ := p.NextOffset()
	return offset
}
