package explain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/explain"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
)

func TestEveryStateOfAnInputHasItsVerdict(t *testing.T) {
	asks := func(v *collect.AgentView) { v.Inputs = []string{"net"} }
	for _, c := range []struct {
		name   string
		change func(*explain.InputFacts)
		want   status.Verdict
		text   string
	}{
		{"an input that is asked for is collected", func(*explain.InputFacts) {}, status.Collected, "for shop: 12 events came since the agent started, 1 were lost, and 300 bytes of 1000 bytes of its spool are used"},
		{"the host has none of this name", func(f *explain.InputFacts) { f.Input = nil }, status.NoFile, "no input net"},
		{"nobody asks for it", func(f *explain.InputFacts) { f.Views = nil }, status.NoCollection, "waits in its spool, 300 bytes of 1000 bytes; once that is full"},
		{"who asks for it does not select the host", func(f *explain.InputFacts) {
			f.Views, f.Others = nil, []collect.AgentView{view("shop", asks)}
		}, status.NotSelected, "does not select the host db-1: it selects hosts web-*"},
		{"Kafka is down", func(f *explain.InputFacts) { f.Trouble, f.TroubleSince = errors.New("no broker"), now }, status.KafkaDown, "300 bytes of 1000 bytes of its spool are used: Kafka takes no records since"},
		{"Kafka is silent", func(f *explain.InputFacts) { f.Unacked = time.Minute }, status.KafkaDown, "has not acknowledged a record for 1m0s"},
		{"nothing has come", func(f *explain.InputFacts) { f.Input.Received, f.Input.SpoolBytes = 0, 0 }, status.Empty, "it listens at udp://:514"},
		{"it cannot be started", func(f *explain.InputFacts) {
			*f.Input = status.Input{Name: "net", LastError: "address in use"}
		}, status.Empty, "it listens at nothing: address in use"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &explain.InputFacts{
				Name: "net", Spool: "/state/spool/net", Host: "db-1", Now: now,
				Known: explain.Known{Revision: 7, Views: []collect.AgentView{view("shop", asks, "/var/log/*.log", "/state/spool/net/*.log")}},
				Input: &status.Input{Name: "net", Listening: []string{"udp://:514"}, Received: 12, Dropped: 1, SpoolBytes: 300, SpoolLimit: 1000},
			}
			c.change(f)
			e := explain.OfInput(f)
			if e.Verdict != c.want || !strings.Contains(e.Text, c.text) || e.Path != "input://net" || e.Revision != 7 {
				t.Errorf("%+v", e)
			}
		})
	}
}
