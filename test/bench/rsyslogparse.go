package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafka"
)

// Topics of the parsing rsyslog: a record for each line, as rsyslog ships them.
const (
	linesTopic  = "rsyslog-lines"
	parsedTopic = "rsyslog-parsed"
	// linesPartitions are of both, as of every topic of ours here.
	linesPartitions = 4
)

// nginxRules are nginx's combined format for liblognorm, which cannot put times or
// nested fields together: the ruleset does the one, flat names stand for the other.
const nginxRules = `version=2
rule=:%address:word% - %user:word% [%day:char-to:/%/%month:char-to:/%/%year:char-to:\x3a%:%time:word% %zone:char-to:]%] "%method:word% %path:word% HTTP/%version:char-to:"%" %status:number{"format":"number"}% %bytes:number{"format":"number"}% "%referrer:char-to:"%" "%agent:char-to:"%"
`

const months = `{"version":1,"nomatch":"00","type":"string","table":[
{"index":"Jan","value":"01"},{"index":"Feb","value":"02"},{"index":"Mar","value":"03"},{"index":"Apr","value":"04"},
{"index":"May","value":"05"},{"index":"Jun","value":"06"},{"index":"Jul","value":"07"},{"index":"Aug","value":"08"},
{"index":"Sep","value":"09"},{"index":"Oct","value":"10"},{"index":"Nov","value":"11"},{"index":"Dec","value":"12"}]}
`

// parseConf parses an nginx line into the fields of our format nginx.access, but for
// path and query of the URL. It knows neither browsers nor countries, and keeps no
// table. Large batches and one worker cost it least.
const parseConf = `global(workDirectory="%[1]s" maxMessageSize="64k")
module(load="imkafka")
module(load="mmnormalize")
module(load="omkafka")
main_queue(queue.type="FixedArray" queue.size="200000" queue.dequeueBatchSize="8192" queue.workerThreads="1")
lookup_table(name="months" file="%[1]s/months.json")
template(name="ecs" type="list" option.jsonf="on") {
  property(outname="@timestamp" name="$!timestamp" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
  property(outname="source.address" name="$!address" format="jsonf")
  property(outname="source.ip" name="$!address" format="jsonf")
  property(outname="user.name" name="$!user" format="jsonf")
  property(outname="http.request.method" name="$!method" format="jsonf")
  property(outname="http.request.referrer" name="$!referrer" format="jsonf")
  property(outname="http.version" name="$!version" format="jsonf")
  property(outname="http.response.status_code" name="$!status" format="jsonf" datatype="number")
  property(outname="http.response.body.bytes" name="$!bytes" format="jsonf" datatype="number")
  property(outname="url.original" name="$!path" format="jsonf")
  property(outname="user_agent.original" name="$!agent" format="jsonf")
  constant(outname="service.name" value="shop" format="jsonf")
  constant(outname="ecs.version" value="8.17.0" format="jsonf")
}
ruleset(name="parse") {
  action(type="mmnormalize" ruleBase="%[1]s/nginx.rulebase" useRawMsg="off")
  set $!timestamp = $!year & "-" & lookup("months", $!month) & "-" & $!day & "T" & $!time & $!zone;
  action(type="omkafka" topic="%[3]s" broker=[%[4]s] template="ecs" partitions.auto="on"
    confParam=["compression.codec=lz4", "request.required.acks=-1", "queue.buffering.max.ms=100", "batch.num.messages=10000",
      "queue.buffering.max.messages=500000"])
}
input(type="imkafka" topic="%[2]s" broker=[%[4]s] consumergroup="rsyslog" ruleset="parse" confParam=["auto.offset.reset=earliest"])
`

// rsyslogRow has rsyslog parse the nginx lines.
func (c *processorsCmd) rsyslogRow(ctx context.Context, w *world) (r row, err error) {
	k := w.real.Kafka.Config()
	var specs []kafka.TopicSpec
	for _, name := range []string{linesTopic, parsedTopic} {
		specs = append(specs, kafka.TopicSpec{Name: name, Partitions: linesPartitions, Replication: 1})
	}
	if err := kafka.EnsureTopics(ctx, k, specs); err != nil {
		return row{}, err
	}
	if err := produceLines(ctx, k.Brokers, c.Lines, appendVisit); err != nil {
		return row{}, err
	}
	watch, err := newEnds(k)
	if err != nil {
		return row{}, err
	}
	defer watch.close()
	fmt.Fprintf(os.Stderr, "rsyslog: %d lines…\n", c.Lines)
	p, err := c.startRsyslog(ctx, filepath.Join(w.dir, "rsyslog"), k.Brokers)
	if err != nil {
		return row{}, err
	}
	done := func(context.Context) (float64, error) {
		n, err := watch.records(parsedTopic)
		return float64(n), err
	}
	if r, err = p.measure(ctx, done, c.Lines); err != nil {
		return row{}, errors.Join(err, p.stop())
	}
	if err := p.stop(); err != nil {
		return row{}, err
	}
	end, err := watch.records(parsedTopic)
	if err != nil {
		return row{}, err
	}
	a := arrived{proof: []byte(`"http.response.status_code":`)}
	if err := a.read(ctx, k.Brokers, parsedTopic, end, a.document); err != nil {
		return row{}, err
	}
	return r, a.check(c.Lines)
}

func (c *processorsCmd) startRsyslog(ctx context.Context, dir string, brokers []string) (*process, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	conf := fmt.Sprintf(parseConf, dir, linesTopic, parsedTopic, quoted(brokers))
	for name, text := range map[string]string{"rsyslog.conf": conf, "nginx.rulebase": nginxRules, "months.json": months} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return spawn(ctx, c.Rsyslog, "-n", "-f", filepath.Join(dir, "rsyslog.conf"), "-i", filepath.Join(dir, "pid"))
}

// produceLines writes a record for each line.
func produceLines(ctx context.Context, brokers []string, n int, line appender) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(linesTopic), kgo.ProducerBatchCompression(kgo.Lz4Compression()),
		kgo.ProducerLinger(50*time.Millisecond), kgo.MaxBufferedRecords(100_000))
	if err != nil {
		return err
	}
	defer client.Close()
	now := time.Now()
	var failed error
	for i := range n {
		text := line(nil, i, now)
		client.Produce(ctx, &kgo.Record{Value: text[:len(text)-1]}, func(_ *kgo.Record, err error) { // one at a time
			if err != nil {
				failed = err
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	return failed
}
