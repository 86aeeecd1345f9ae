package processors

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestValidateReportsEveryProblem(t *testing.T) {
	step := func(*Context) {}
	good := DefaultConfig()
	good.Kafka.Brokers = []string{"k:1"}
	good.StateDir = "/state"
	for name, c := range map[string]struct {
		err  error
		want []string
	}{
		"of a good spec there is none":   {Spec{Group: "g", Inputs: []string{"in"}, Step: step}.Validate(), nil},
		"of a good config there is none": {good.Validate(), nil},
		"of an empty spec": {Spec{}.Validate(), []string{
			"processors: group must not be empty", "processors: : inputs must name at least one topic", "processors: : step must be set",
		}},
		"of a processor that would read what it writes": {
			Spec{Group: "g", Inputs: []string{"dead", "g-table", ""}, DeadLetter: "dead", Step: step}.Validate(),
			[]string{
				`processors: g: "dead" cannot be an input: the processor writes to it`, `processors: g: "g-table" cannot be an input: the processor writes to it`,
				"processors: g: an input must not be empty",
			},
		},
		"of names that Kafka has not": {
			Spec{Group: "slow paths", Inputs: []string{"logs.*.eu", "*"}, Outputs: []string{"", "a/b"}, Step: step}.Validate(),
			[]string{
				`processors: "slow paths" cannot be a group: it names a topic and a folder, so it is made of letters, digits, dashes, dots and ` +
					"underscores, begins with a letter or digit, and has at most 200",
				`processors: slow paths: "logs.*.eu" cannot be an input: only the last character may be a *`,
				`processors: slow paths: "" cannot be an output: no topic can be called that`,
				`processors: slow paths: "a/b" cannot be an output: no topic can be called that`,
			},
		},
		"of an empty config": {Config{Replication: -1, SessionTimeout: time.Second}.Validate(), []string{
			"kafka.brokers: must name at least one host:port", "state_dir: must not be empty", "instance: must not be empty",
			"replication: must not be negative, is -1", "session_timeout: must be at least 2s, is 1s",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			if c.err != nil {
				got = strings.Split(c.err.Error(), "\n")
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTheTableTopicIsThatOfGoka(t *testing.T) {
	if got := (Spec{Group: "enrich", Table: panickingCodec{}}).TableTopic(); got != "enrich-table" {
		t.Errorf("table topic %q", got)
	}
	if got := (Spec{Group: "adopt"}).TableTopic(); got != "" {
		t.Errorf("a stateless processor has the table topic %q", got)
	}
}

type panickingCodec struct{}

func (panickingCodec) Encode(any) ([]byte, error) { panic("not called") }
func (panickingCodec) Decode([]byte) (any, error) { panic("not called") }
