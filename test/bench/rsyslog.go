package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
)

// rsyslogTopic is where rsyslog writes, a record for each line.
const rsyslogTopic = "rsyslog"

// rsyslogConf has what makes rsyslog fast: large batches, one worker, nothing parsed.
const rsyslogConf = `global(workDirectory="%[1]s" maxMessageSize="64k")
module(load="imfile" mode="inotify")
module(load="omkafka")
main_queue(queue.type="FixedArray" queue.size="200000" queue.dequeueBatchSize="8192" queue.workerThreads="1")
template(name="line" type="string" string="%%msg%%")
ruleset(name="kafka") {
  action(type="omkafka" topic="%[2]s" broker=[%[3]s] template="line" partitions.auto="on"
    confParam=["compression.codec=lz4", "request.required.acks=-1", "queue.buffering.max.ms=100", "batch.num.messages=10000",
      "queue.buffering.max.messages=500000"])
}
input(type="imfile" File="%[4]s" Tag="app" ruleset="kafka" freshStartTail="off")
`

// rsyslog starts rsyslog on the same files.
func (h *host) rsyslog(ctx context.Context) (*process, error) {
	dir := filepath.Join(h.dir, h.name, "rsyslog")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "rsyslog.conf")
	text := fmt.Sprintf(rsyslogConf, dir, rsyslogTopic, quoted(h.kafka.Brokers), filepath.Join(h.logs, "*.log"))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return spawn(ctx, h.o.Rsyslog, "-n", "-f", conf, "-i", filepath.Join(dir, "pid"))
}

// ends counts the records of topics.
type ends struct{ client sarama.Client }

func newEnds(cfg kafka.Config) (*ends, error) {
	conf, err := cfg.Sarama()
	if err != nil {
		return nil, err
	}
	client, err := sarama.NewClient(cfg.Brokers, conf)
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	return &ends{client}, nil
}

func (w *ends) close() error { return w.client.Close() }

// records is how many records a topic has.
func (w *ends) records(name string) (n int64, err error) {
	partitions, err := w.client.Partitions(name)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	for _, p := range partitions {
		end, err := w.client.GetOffset(name, p, sarama.OffsetNewest)
		if err != nil {
			return 0, fmt.Errorf("%s/%d: %w", name, p, err)
		}
		n += end
	}
	return n, nil
}

// await waits until a topic has so many records.
func (w *ends) await(ctx context.Context, name string, want int64) error {
	return poll(ctx, looks, stageMost, func() (bool, error) {
		got, err := w.records(name)
		return got >= want, err
	})
}
