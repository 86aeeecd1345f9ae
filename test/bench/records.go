package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/settings"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

// linesPerRecord is what a record of the fleet holds: as many lines as a host's quiet
// files get while a record is open, each of another file.
const linesPerRecord = 3

// written puts raw records of the fleet's shape into the raw topic without agents: so
// many that what enrich and index cost on them can be told.
func (w *world) written(ctx context.Context) (row, error) {
	rev, err := collect(ctx, w.admin, "*", "/var/log/shop/*.log")
	if err != nil {
		return row{}, err
	}
	return w.writeRecords(ctx, "all", rev, appendLine)
}

// writeRecords writes raw records of a collection with the lines that line makes.
func (w *world) writeRecords(ctx context.Context, collection string, rev revision.ID, line appender) (row, error) {
	producer, err := w.producer()
	if err != nil {
		return row{}, err
	}
	fmt.Fprintf(os.Stderr, "records: %d lines of %d hosts, %d a record…\n", w.o.Lines, w.o.Hosts, linesPerRecord)
	lines := 0
	var batch []*sarama.ProducerMessage
	for seq := uint64(1); lines < w.o.Lines && err == nil; seq++ {
		for h := range w.o.Hosts {
			batch = append(batch, newRecord(hostName(h), collection, seq, rev, w.o.Files, line))
			lines += linesPerRecord
		}
		if len(batch) > 2000 || lines >= w.o.Lines {
			err, batch = producer.SendMessages(batch), batch[:0]
		}
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	return row{stage: "agent", lines: lines, wall: time.Second}, errors.Join(err, producer.Close())
}

func (w *world) producer() (sarama.SyncProducer, error) {
	var c struct {
		Kafka kafka.Config `koanf:"kafka"`
	}
	if err := (settings.Source{File: w.config}).Load("bench", &c); err != nil {
		return nil, err
	}
	sc, err := c.Kafka.Sarama()
	if err != nil {
		return nil, err
	}
	return sarama.NewSyncProducer(c.Kafka.Brokers, sc)
}

// newRecord is what a host's agent ships after a quarter of a second.
func newRecord(host, collection string, seq uint64, rev revision.ID, files int, line appender) *sarama.ProducerMessage {
	m := record.Manifest{Writer: record.Writer{ID: "agent-" + host, Nonce: 1}, Seq: seq, Host: host, At: time.Now()}
	var value []byte
	for i := range linesPerRecord {
		file := (int(seq)*linesPerRecord + i) % files
		before := len(value)
		value = line(value, int(seq)*linesPerRecord+i, m.At)
		s := record.Segment{
			Kind: record.Bytes, Gen: 1, Off: seq << 10, Len: uint64(len(value) - before),
			Collection: collection, Rev: rev, Path: filepath.Join("/var/log/shop", strconv.Itoa(file)+".log"),
		}
		copy(s.Src[:], host)
		s.Src[record.SourceIDSize-1] = byte(file)
		m.Segments = append(m.Segments, s)
	}
	return &sarama.ProducerMessage{
		Topic: topic.Raw, Key: sarama.StringEncoder(host), Value: sarama.ByteEncoder(value),
		Headers: []sarama.RecordHeader{{Key: []byte(record.Header), Value: new(record.Encoder).Append(nil, &m)}},
	}
}
