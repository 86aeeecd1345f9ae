package produce

import (
	"testing"
	"time"
)

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
