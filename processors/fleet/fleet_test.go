package fleet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/fleet"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, testbed.Leaks()...) }

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// heard is when all beats come.
var heard = time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)

// beat is one of the start nonce, made that many seconds after noon.
type beat struct {
	nonce   uint64
	seconds int
	offset  int64
}

func (b beat) agent() *status.Agent {
	return &status.Agent{ID: "a", Nonce: b.nonce, Host: "web-1", At: noon.Add(time.Duration(b.seconds) * time.Second)}
}

func TestTheNewestBeatStays(t *testing.T) {
	for name, test := range map[string]struct {
		beats  []beat
		nonce  uint64 // of the beat that is held in the end
		second int
		clone  bool
	}{
		"the first beat is held":                              {[]beat{{1, 0, 0}}, 1, 0, false},
		"a newer beat replaces an older":                      {[]beat{{1, 0, 0}, {1, 5, 1}}, 1, 5, false},
		"an older beat of the same start replaces nothing":    {[]beat{{1, 5, 0}, {1, 0, 1}}, 1, 5, false},
		"a beat after the clock was set back is held":         {[]beat{{1, 3600, 7}, {1, 5, 8}, {1, 10, 9}}, 1, 10, false},
		"beats delivered again do not set the clock back":     {[]beat{{1, 5, 7}, {1, 3600, 8}, {1, 5, 7}}, 1, 3600, false},
		"a restart is no clone":                               {[]beat{{1, 0, 0}, {2, 5, 1}, {2, 10, 2}}, 2, 10, false},
		"two starts that take turns are clones":               {[]beat{{1, 0, 0}, {2, 2, 1}, {1, 5, 2}}, 1, 5, true},
		"of clones with other clocks the last is held":        {[]beat{{1, 3600, 0}, {2, 2, 1}, {1, 3605, 2}, {2, 7, 3}}, 2, 7, true},
		"a clone that fell silent is forgotten":               {[]beat{{1, 0, 0}, {2, 2, 1}, {1, 5, 2}, {1, 65, 3}}, 1, 65, false},
		"beats delivered again make no clone":                 {[]beat{{1, 0, 0}, {2, 5, 1}, {1, 0, 0}, {2, 5, 1}}, 2, 5, false},
		"a topic made again does not stop an agent's restart": {[]beat{{1, 0, 900}, {2, 5, 0}}, 2, 5, false},
	} {
		t.Run(name, func(t *testing.T) {
			var held any
			for _, b := range test.beats {
				value, err := status.Encode(b.agent())
				if err != nil {
					t.Fatal(err)
				}
				r := processors.Record{Topic: topic.Agents, Offset: b.offset, Key: "a", Value: value}
				out := processors.Try(t.Context(), fleet.Spec(heard), r, held)
				if !out.Set || len(out.Letters) > 0 {
					t.Fatalf("%+v", out)
				}
				held = out.Value
			}
			e := decode(t, held)
			want := beat{test.nonce, test.second, 0}.agent()
			want.Heard = heard
			if diff := cmp.Diff(want, &e.Agent); diff != "" {
				t.Error(diff)
			}
			if e.Clone != test.clone {
				t.Errorf("clone is %v", e.Clone)
			}
		})
	}
}

func decode(t *testing.T, value any) *fleet.Entry {
	t.Helper()
	b, _ := value.([]byte)
	e, err := fleet.Decode(b)
	if err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return e
}

func TestABeatIsKeptAsItIs(t *testing.T) {
	value := []byte(` {"id":"a","from_the_future":{"x":[1, 2]},"clone":"?","nonce":"18446744073709551615"}  `)
	out := processors.Try(t.Context(), fleet.Spec(heard), processors.Record{Key: "a", Value: value, Offset: 9}, nil)
	got, _ := out.Value.([]byte)
	want := `{"id":"a","from_the_future":{"x":[1, 2]},"clone":"?","nonce":"18446744073709551615","clone":false,"heard":"2026-11-22T13:00:00Z","fleet":{"offset":9}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if e := decode(t, out.Value); e.Nonce != 1<<64-1 || e.Clone {
		t.Errorf("%+v", e)
	}
}

func TestWhatIsNoBeatIsPutAside(t *testing.T) {
	for name, test := range map[string]struct{ key, value, reason string }{
		"no JSON":           {"a", "hello", fleet.ReasonBeat},
		"no value":          {"a", "", fleet.ReasonBeat},
		"JSON without id":   {"a", `{"host":"web-1"}`, fleet.ReasonBeat},
		"another one's key": {"b", `{"id":"a"}`, fleet.ReasonKey},
	} {
		t.Run(name, func(t *testing.T) {
			out := processors.Try(t.Context(), fleet.Spec(heard), processors.Record{Key: test.key, Value: []byte(test.value)}, nil)
			if len(out.Letters) != 1 || out.Letters[0].Reason != test.reason || out.Letters[0].Topic != topic.DeadAgents || out.Set {
				t.Errorf("%+v", out)
			}
		})
	}
}

func TestATableValueThatIsNotOursBeginsAnew(t *testing.T) {
	value, err := status.Encode(beat{1, 0, 0}.agent())
	if err != nil {
		t.Fatal(err)
	}
	out := processors.Try(t.Context(), fleet.Spec(heard), processors.Record{Key: "a", Value: value}, []byte("garbage"))
	if e := decode(t, out.Value); e.Nonce != 1 {
		t.Errorf("%+v", e)
	}
}

func FuzzStep(f *testing.F) {
	f.Add([]byte(`{"id":"a"}`), []byte(`{"id":"a","nonce":"1","fleet":{"previous":"2"}}`))
	f.Fuzz(func(t *testing.T, value, held []byte) {
		out := processors.Try(t.Context(), fleet.Spec(heard), processors.Record{Key: "a", Value: value}, held)
		if out.Set == (len(out.Letters) == 1) {
			t.Fatalf("neither held nor put aside, or both: %+v", out)
		}
		if !out.Set {
			return
		}
		b, _ := out.Value.([]byte)
		if !json.Valid(b) {
			t.Fatalf("not JSON: %s", b)
		}
		decode(t, b)
	})
}

func TestTheTableFollowsTheAgents(t *testing.T) {
	b := testbed.Start(t, topic.Agents, topic.DeadAgents)
	cfg := b.Config(t.TempDir())
	b.Run(func(ctx context.Context) error { return fleet.Run(ctx, cfg, processors.Deps{Log: b.Log()}) })
	table := topic.TableOf(topic.GroupFleet)
	for i := range 3 {
		for a := range 5 {
			id := fmt.Sprintf("agent-%d", a)
			value, err := status.Encode(&status.Agent{ID: id, Nonce: 1, At: noon.Add(time.Duration(i) * time.Second)})
			if err != nil {
				t.Fatal(err)
			}
			b.Put(&kgo.Record{Topic: topic.Agents, Key: []byte(id), Value: value})
		}
	}
	b.Put(&kgo.Record{Topic: topic.Agents, Key: []byte("agent-1"), Value: []byte("{")})
	b.Follow(table)
	b.Until(table, func(rs []*kgo.Record) bool {
		newest := map[string]bool{}
		for _, r := range rs {
			if e, err := fleet.Decode(r.Value); err == nil && e.At.Equal(noon.Add(2*time.Second)) {
				newest[string(r.Key)] = true
			}
		}
		return len(newest) == 5
	})
	letter := b.Await(topic.DeadAgents, 1)[0]
	if string(letter.Value) != "{" || testbed.Header(letter, deadletter.HeaderReason) != fleet.ReasonBeat {
		t.Errorf("%+v", letter)
	}
}
