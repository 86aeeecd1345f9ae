package topics

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/topic"
)

func TestEveryTopicHasTheSameCountAndTheOneLimit(t *testing.T) {
	for name, p := range map[string]Plan{"a cluster": Default(), "one machine": Embedded()} {
		t.Run(name, func(t *testing.T) {
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range append(System(p), App("shop", p)) {
				names = append(names, s.Name)
				if s.Partitions != p.Partitions || s.Replication != p.Replication || s.Config["max.message.bytes"] != "1048576" {
					t.Errorf("%+v", s)
				}
				table := strings.HasSuffix(s.Name, topic.TableOf(""))
				if compact := s.Config["cleanup.policy"] == "compact"; compact != table {
					t.Errorf("%s: cleanup.policy is %s", s.Name, s.Config["cleanup.policy"])
				}
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != "agents agents.sources dead.adopt dead.agents dead.logs dead.raw enrich-table fleet-table logs.shop raw stages" {
				t.Errorf("the topics are %s", got)
			}
		})
	}
}

func TestValidateNamesEveryBadKey(t *testing.T) {
	err := Plan{Raw: time.Hour, Logs: time.Second, Dead: time.Hour}.Validate()
	want := "partitions: must be at least 1, is 0\nreplication: must be at least 1, is 0\nlogs_retention: must be at least 1m, is 1s"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
