package produce

import (
	"fmt"
	"testing"
	"time"
)

func TestKeys(t *testing.T) {
	emit := func(n uint64) *item { return &item{number: n, Emit: Emit{Message: Message{Key: "k"}}} }
	t.Run("a failed emit is sent again while it is the newest", func(t *testing.T) {
		ks := make(keys)
		a := emit(1)
		ks.sent(a)
		if v := ks.judge(a); v != sendAgain {
			t.Errorf("verdict %d", v)
		}
		if r := ks.wrote(a); len(r) != 0 || len(ks) != 0 {
			t.Errorf("resolved %v, left %v", r, ks)
		}
	})
	t.Run("a failed emit waits for a newer one and is resolved with it", func(t *testing.T) {
		ks := make(keys)
		a, b, c := emit(1), emit(2), emit(3)
		ks.sent(a)
		ks.sent(b)
		if v := ks.judge(a); v != wait {
			t.Errorf("verdict %d", v)
		}
		ks.sent(c)
		if v := ks.judge(b); v != wait {
			t.Errorf("verdict %d", v)
		}
		if r := ks.wrote(c); fmt.Sprint(r) != fmt.Sprint([]*item{a, b}) || len(ks) != 0 {
			t.Errorf("resolved %v, left %v", r, ks)
		}
	})
	t.Run("a failed emit behind a written newer one is superseded", func(t *testing.T) {
		ks := make(keys)
		a, b := emit(1), emit(2)
		ks.sent(a)
		ks.sent(b)
		ks.wrote(b)
		if v := ks.judge(a); v != superseded || len(ks) != 0 {
			t.Errorf("verdict %d, left %v", v, ks)
		}
	})
	t.Run("an older emit that is written resolves nobody newer", func(t *testing.T) {
		ks := make(keys)
		a, b, c := emit(1), emit(2), emit(3)
		ks.sent(a)
		ks.sent(b)
		ks.sent(c)
		ks.judge(b)
		if r := ks.wrote(a); len(r) != 0 {
			t.Errorf("resolved %v", r)
		}
		if r := ks.wrote(c); len(r) != 1 || len(ks) != 0 {
			t.Errorf("resolved %v, left %v", r, ks)
		}
	})
}

func TestTopics(t *testing.T) {
	began := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	at := began.Add
	t.Run("a topic is diverted when patience is over", func(t *testing.T) {
		ts := make(topics)
		if ts.refused("x", began) || ts.refused("x", at(patience-1)) || ts.divert("x", at(patience-1)) {
			t.Error("diverted too early")
		}
		if !ts.refused("x", at(patience)) || !ts.divert("x", at(patience)) {
			t.Error("not diverted")
		}
		if ts.divert("y", at(patience)) {
			t.Error("another topic is diverted")
		}
	})
	t.Run("one message in a while tries a diverted topic", func(t *testing.T) {
		ts := make(topics)
		ts.refused("x", began)
		ts.refused("x", at(patience))
		probe := patience + probeEvery
		if ts.divert("x", at(probe)) || !ts.divert("x", at(probe)) || ts.divert("x", at(probe+probeEvery)) {
			t.Error("want exactly one probe at a time")
		}
		if !ts.wrote("x") || ts.divert("x", at(probe)) || ts.wrote("x") {
			t.Error("a written probe does not end the diversion")
		}
	})
	t.Run("an outage between refusals begins the count anew", func(t *testing.T) {
		ts := make(topics)
		ts.refused("x", began)
		ts.unclear("x")
		if ts.refused("x", at(patience)) {
			t.Error("diverted although most of the time was an outage")
		}
	})
	t.Run("an outage does not end a diversion", func(t *testing.T) {
		ts := make(topics)
		ts.refused("x", began)
		ts.refused("x", at(patience))
		if ts.unclear("x"); !ts.divert("x", at(patience)) {
			t.Error("not diverted any more")
		}
	})
}
