package produce

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/internal/packed/packedtest"
)

// sendPacked sends lines as packed text, with headers.
func (r *rig) sendPacked(t *testing.T, topic, key, text string) {
	t.Helper()
	m := Message{Topic: topic, Key: key, Packed: packedtest.Pack(t, []byte(text)), Headers: []Header{{"b", []byte("manifest of " + key)}, {"x", nil}}}
	r.p.Send(Emit{Message: m, Fate: &told{r.done, key}, Replaceable: true})
}

func TestAPackedValueIsReadAsItsPlainText(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	const n = 20
	text := func(i int) string { return strings.Repeat(fmt.Sprintf("line %d of a host\n", i), 9000+i) }
	for i := range n {
		r.sendPacked(t, "out", strconv.Itoa(i), text(i))
		r.send("out", "plain", "beside "+strconv.Itoa(i))
	}
	r.finished(2 * n)
	check := func(i int, key, value []byte, header string) {
		t.Helper()
		want := "beside " + strconv.Itoa(i/2)
		if i%2 == 0 {
			want = text(i / 2)
			if string(key) != strconv.Itoa(i/2) || header != "manifest of "+string(key) {
				t.Errorf("key %s and header %s, number %d", key, header, i)
			}
		}
		if string(value) != want {
			t.Errorf("number %d has %d bytes, want %d others", i, len(value), len(want))
		}
	}
	for i, v := range r.values("out", 2*n) {
		check(i, []byte(strconv.Itoa(i/2)), []byte(v), "manifest of "+strconv.Itoa(i/2))
	}
	cfg, err := kafka.Config{Brokers: r.cluster.ListenAddrs()}.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := sarama.NewConsumer(r.cluster.ListenAddrs(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	out, err := consumer.ConsumePartition("out", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for i := range 2 * n {
		select {
		case m := <-out.Messages():
			header := ""
			if len(m.Headers) > 0 {
				header = string(m.Headers[0].Value)
			}
			check(i, m.Key, m.Value, header)
		case <-time.After(waitAtMost):
			t.Fatalf("%d records are read", i)
		}
	}
}

func TestWhatCannotBeFramedIsWrittenByNobody(t *testing.T) {
	frame, codec := compressor{}.Compress(new(bytes.Buffer), []byte("no records"))
	if !bytes.Equal(frame, packed.EmptyFrame()) || codec != kgo.CodecLz4 {
		t.Errorf("a frame of %d bytes, codec %d: the client would write the records", len(frame), codec)
	}
}

// countOf is how many records a batch has.
func countOf(batch []byte) int { return int(binary.BigEndian.Uint32(batch[57:])) }

func TestARecordThatIsRefusedHoldsNoOthersUp(t *testing.T) {
	r := newRig(t, "refused", "out", "dead", "table")
	held, end := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(end) })
	var requests atomic.Int64
	r.cluster.ControlKey(int16(kmsg.Produce), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		r.cluster.KeepControl()
		req := kreq.(*kmsg.ProduceRequest)
		if r.names[req.Topics[0].TopicID] != "refused" {
			return nil, nil, false
		}
		switch requests.Add(1) {
		case 1: // they are sent again one by one
			r.answer("refused", kerr.InvalidRecord)
			defer r.answer("refused", nil)
			return r.control(kreq)
		case 2: // and the first of them is not answered
			close(held)
		}
		r.cluster.SleepControl(func() { <-end })
		return nil, errors.New("the test is over"), true
	})
	r.p.cfg.Client = append(r.p.cfg.Client, kgo.ProducerLinger(50*time.Millisecond))
	r.p.Abort()
	if err := r.p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.send("refused", "1", "v")
	r.send("refused", "2", "v")
	<-held
	r.answer("out", kerr.TopicAuthorizationFailed)
	r.send("out", "3", "v")
	await.True(t, waitAtMost, "the other one fails", func() bool {
		r.p.mu.Lock()
		defer r.p.mu.Unlock()
		return r.p.topics["out"] != nil
	})
	r.answer("out", nil)
	if got := r.finished(1); got[0] != "3" {
		t.Errorf("%v is done first", got)
	}
}

func TestARecordThatIsRefusedTakesNoOthersWithIt(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	r.cluster.ControlKey(int16(kmsg.Produce), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		r.cluster.KeepControl()
		req := kreq.(*kmsg.ProduceRequest)
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		bad := false
		for _, t := range req.Topics {
			rt := kmsg.NewProduceResponseTopic()
			rt.TopicID = t.TopicID
			for _, p := range t.Partitions {
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, kerr.NotLeaderForPartition.Code
				if r.names[t.TopicID] == "out" && (countOf(p.Records) > 1 || bytes.Contains(p.Records, []byte("poison"))) {
					rp.ErrorCode, bad = kerr.InvalidRecord.Code, true
				}
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, bad
	})
	const n = 30
	for i := range n {
		r.send("out", strconv.Itoa(i), "value "+strconv.Itoa(i))
		if i == n/2 {
			r.send("out", "bad", "poison")
		}
	}
	r.finished(n + 1)
	r.values("out", n)
	if got := r.values("dead", 1); len(got) != 1 || !strings.Contains(got[0], "INVALID_RECORD") {
		t.Errorf("the dead letters are %q", got)
	}
}

func TestATopicIsFoundSoonAfterItIsMade(t *testing.T) {
	r := newRig(t, "dead", "table")
	r.send("late", "k", "v")
	r.untilComplaint()
	if err := r.cluster.CreateTopic("late", 1, nil); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r.finished(1)
	r.values("late", 1)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestATopicThatIsMadeAnewIsWrittenTo(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	r.send("out", "k", "of the old one")
	r.finished(1)
	if err := r.cluster.DeleteTopic("out"); err != nil {
		t.Fatal(err)
	}
	r.send("out", "k", "between them")
	r.untilComplaint()
	if err := r.cluster.CreateTopic("out", 1, nil); err != nil {
		t.Fatal(err)
	}
	r.send("out", "k", "of the new one")
	for _, d := range r.finished(2) {
		if d != "k" {
			t.Errorf("a message is %q", d)
		}
	}
	r.values("out", 2)
}

// lines is a log that hands its lines on.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func TestABrokerThatIsSilentIsToldOfAndItsMessagesAreWritten(t *testing.T) {
	log := make(lines, 100)
	quick := []kgo.Opt{kgo.ProduceRequestTimeout(100 * time.Millisecond), kgo.RequestTimeoutOverhead(400 * time.Millisecond)}
	r := newRigWith(t, slog.New(slog.NewTextHandler(log, nil)), quick, "out", "dead", "table")
	var heard atomic.Bool
	r.cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		r.cluster.KeepControl()
		return nil, nil, !heard.Load()
	})
	r.send("out", "k", "v")
	select {
	case line := <-log:
		if !strings.Contains(line, "emits fail") || !strings.Contains(line, "timeout") {
			t.Errorf("the log says %s", line)
		}
	case <-time.After(waitAtMost):
		t.Error("nothing is said of a silent broker")
	}
	heard.Store(true)
	if got := r.finished(1); got[0] != "k" {
		t.Errorf("the message is %q", got[0])
	}
	r.values("out", 1)
}

func TestAbortDoesNotWaitForASilentBroker(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	r.cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		r.cluster.KeepControl()
		return nil, nil, true
	})
	r.send("out", "k", "v")
	r.untilRequests(1)
	began := time.Now()
	r.p.Abort()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	r.finished(1)
}

func TestOpenSaysWhyItCannot(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	if err := r.p.Close(); err != nil {
		t.Fatal(err)
	}
	r.cluster.Close()
	ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
	defer cancel()
	if err := r.p.Open(ctx); err == nil || !strings.Contains(err.Error(), "refused") || ctx.Err() != nil {
		t.Errorf("error %v", err)
	}
}

// untilComplaint waits until an emit has failed.
func (r *rig) untilComplaint() {
	r.t.Helper()
	select {
	case <-r.complaints:
	case <-time.After(waitAtMost):
		r.t.Fatal("nobody complains")
	}
}
