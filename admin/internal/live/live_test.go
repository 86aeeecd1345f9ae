package live

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/topic"
)

func messages(hits []hit) []string {
	all := make([]string, len(hits))
	for i, h := range hits {
		all[i] = h.Event.Message
	}
	return all
}

func TestALineShowsWithinASecond(t *testing.T) {
	b := newBroker(t, topic.Logs("shop"))
	h := b.hub()
	b.write("shop", "web-1", doc("of the past"))
	tail := open(t, h, Filter{})
	await(t, tail, reading)
	began := time.Now()
	b.write("shop", "web-1", doc("of now"))
	hits := await(t, tail, func(all []hit, _ Update) bool { return len(all) > 0 })
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if len(hits) != 1 || hits[0].Event.Message != "of now" || hits[0].App != "shop" || len(hits[0].ID) != 32 {
		t.Errorf("got %+v", hits)
	}
}

func TestANewAppIsShownFromItsFirstLine(t *testing.T) {
	b := newBroker(t, topic.Logs("shop"))
	tail := open(t, b.hub(), Filter{})
	await(t, tail, reading)
	if err := kafka.EnsureTopics(t.Context(), b.cfg, []kafka.TopicSpec{{Name: topic.Logs("auth"), Partitions: 2, Replication: 1}}); err != nil {
		t.Fatal(err)
	}
	b.write("auth", "web-1", doc("first"), doc("second"))
	hits := await(t, tail, func(all []hit, _ Update) bool { return len(all) >= 2 })
	if got := fmt.Sprint(messages(hits)); got != "[first second]" || hits[0].App != "auth" {
		t.Errorf("got %+v", hits)
	}
}

func TestEachTailGetsWhatItsFilterAdmits(t *testing.T) {
	b := newBroker(t, topic.Logs("shop"), topic.Logs("auth"))
	h := b.hub()
	tails := map[string]*Tail{}
	for name, f := range map[string]Filter{
		"all":   {},
		"shop":  {App: "shop"},
		"web-2": {Host: "web-2"},
		"error": {Level: "error"},
		"text":  {Text: parse(t, "timeout AND http.response.status_code:>=500 AND service.name:shop")},
	} {
		tails[name] = open(t, h, f)
	}
	for _, tail := range tails {
		await(t, tail, reading)
	}
	b.write("shop", "web-1", doc("a timeout", `"log":{"level":"error"},"http":{"response":{"status_code":504}}`), doc("all well", `"log":{"level":"info"}`))
	b.write("auth", "web-2", doc("error in a word", `"log":{"level":"info"},"labels":{"x":"error"}`), doc("timeout again", `"http":{"response":{"status_code":200}}`))
	for name, want := range map[string]string{
		"all":   "[a timeout all well error in a word timeout again]",
		"shop":  "[a timeout all well]",
		"web-2": "[error in a word timeout again]",
		"error": "[a timeout]",
		"text":  "[a timeout]",
	} {
		n := 0
		hits := await(t, tails[name], func(all []hit, u Update) bool {
			n = len(all)
			return len(messages(all)) > 0 && len(fmt.Sprint(messages(all))) >= len(want)
		})
		if n != len(hits) {
			t.Fatal(n)
		}
		apps := map[string][]hit{}
		for _, one := range hits { // topics have no order among each other
			apps[one.App] = append(apps[one.App], one)
		}
		if got := fmt.Sprint(messages(append(apps["shop"], apps["auth"]...))); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestASlowTailLosesLinesAndHoldsUpNobody(t *testing.T) {
	b := newBroker(t, topic.Logs("shop"))
	h := b.hub()
	slow, quick := open(t, h, Filter{}), open(t, h, Filter{})
	await(t, slow, reading)
	await(t, quick, reading)
	docs := make([]string, 500)
	for i := range docs {
		docs[i] = doc(fmt.Sprint("line ", i))
	}
	const rounds = 10
	got := 0
	for range rounds {
		b.write("shop", "web-1", docs...)
		got += len(await(t, quick, func(all []hit, _ Update) bool { return len(all) >= len(docs) }))
	}
	if got != rounds*len(docs) {
		t.Errorf("the quick one got %d lines", got)
	}
	u := slow.Take(nil)
	if u.Lines != maxPending || u.Matched != rounds*500 || u.Skipped != u.Matched-maxPending {
		t.Errorf("the slow one: %d lines, %d matched, %d skipped", u.Lines, u.Matched, u.Skipped)
	}
	if len(u.Hits) > maxBytes+len(docs[0])+200 {
		t.Errorf("it holds %d bytes", len(u.Hits))
	}
}

func TestLinesOfAReaderThatIsFarBehindArePassedOver(t *testing.T) {
	h := New(kafka.Config{}, nil, nil)
	tail := open(t, h, Filter{App: "shop"})
	other := open(t, h, Filter{App: "auth"})
	var b batch
	b.reset("shop", message("shop", "web-1", doc("a"), doc("b")))
	h.dispatch(&b, maxBehind+1)
	if u := tail.Take(nil); u.Skipped != 2 || u.Lines != 0 {
		t.Errorf("got %+v", u)
	}
	if u := other.Take(nil); u.Skipped != 0 {
		t.Errorf("the tail of another app: %+v", u)
	}
}

func TestARecordThatIsNoBatchHarmsNobody(t *testing.T) {
	h := New(kafka.Config{}, nil, nil)
	tail := open(t, h, Filter{})
	var b batch
	bad := message("shop", "web-1", doc("a"))
	bad.Headers = nil
	cut := message("shop", "web-1", doc("a"), doc("b"))
	cut.Value = cut.Value[:10]
	for _, m := range []*sarama.ConsumerMessage{bad, cut, message("shop", "web-1", "{no JSON}"), message("shop", "web-1", doc("good"))} {
		b.reset("shop", m)
		h.dispatch(&b, 0)
	}
	if u := tail.Take(nil); u.Matched != 2 {
		t.Errorf("got %+v", u)
	}
}

func TestNoMoreTailsThanThereIsRoomFor(t *testing.T) {
	h := New(kafka.Config{}, nil, nil)
	var last *Tail
	for range MaxTails {
		last = open(t, h, Filter{})
	}
	if _, err := h.Open(Filter{}); !errors.Is(err, ErrFull) {
		t.Errorf("error %v", err)
	}
	last.Close()
	open(t, h, Filter{})
}

func TestTheEndIsTold(t *testing.T) {
	b := newBroker(t, topic.Logs("shop"))
	h := New(b.cfg, nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	tail := open(t, h, Filter{})
	await(t, tail, reading)
	cancel()
	await(t, tail, func(_ []hit, u Update) bool { return u.Ended })
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := h.Open(Filter{}); !errors.Is(err, ErrEnded) {
		t.Errorf("error %v", err)
	}
}

func TestTroubleIsToldAndEnds(t *testing.T) {
	h := New(kafka.Config{Brokers: []string{"127.0.0.1:1"}}, nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	tail := open(t, h, Filter{})
	await(t, tail, func(_ []hit, u Update) bool { return u.Trouble != nil })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
