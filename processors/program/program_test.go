package program

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/settings"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/examples/failures"
	"github.com/millrace/millrace/processors/examples/requests"
)

var both = []processors.Processor{requests.Processor, failures.Processor}

func load(t *testing.T, file string, flags map[string]any) (Config, []processors.Spec, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "millrace.yml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Default(both)
	if err := (settings.Source{File: path, Flags: flags}).Load(Section, &cfg); err != nil {
		return cfg, nil, err
	}
	specs, err := cfg.Specs(both)
	return cfg, specs, err
}

func TestProcessorsAndTheirSettingsAreChosenInTheFile(t *testing.T) {
	cfg, specs, err := load(t, `
kafka: {brokers: ["k:9092"]}
extra:
  state_dir: /state
  settings:
    failures: {share: 0.2, topic: alarms}
`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.StateDir != "/state" || cfg.Kafka.Brokers[0] != "k:9092" || len(specs) != 2 {
		t.Errorf("%+v", cfg)
	}
	if s := specs[1]; s.Group != "failures" || s.Outputs[0] != "alarms" || s.Inputs[0] != processors.AppTopics {
		t.Errorf("%+v", s)
	}
}

func TestAFlagChoosesProcessors(t *testing.T) {
	_, specs, err := load(t, "extra: {run: [requests]}", map[string]any{"extra.run": []string{"failures"}})
	if err != nil || len(specs) != 1 || specs[0].Group != "failures" {
		t.Errorf("%+v, %v", specs, err)
	}
}

func TestTwoProcessorsCannotShareAGroup(t *testing.T) {
	alias := failures.Processor
	alias.Name = "alias"
	alias.Spec = func(s *processors.Settings) processors.Spec {
		spec := failures.Processor.Spec(s)
		spec.Group = "failures"
		return spec
	}
	for name, list := range map[string][]processors.Processor{
		"of one name":            {requests.Processor, requests.Processor},
		"of two names":           {failures.Processor, alias},
		"one that is told twice": {failures.Processor},
	} {
		cfg := Default(list)
		if len(list) == 1 {
			cfg.Run = append(cfg.Run, cfg.Run...)
		}
		if _, err := cfg.Specs(list); err == nil || !strings.Contains(err.Error(), "two of the processors are") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for file, want := range map[string]string{
		"extra: {run: [request]}":                      `extra.run: there is no processor "request"; there are requests, failures`,
		"extra: {settings: {fail: {share: 1}}}":        `extra.settings: there is no processor "fail"`,
		"extra: {settings: {failures: {share: much}}}": `extra.settings.failures.share: "much" is no number`,
		"extra: {settings: {requests: {client: 5}}}":   "extra.settings.requests.client: unknown key; known are clients",
		"extra: {dir: /state}":                         "extra.dir: unknown key",
	} {
		if _, _, err := load(t, file, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", file, err, want)
		}
	}
}
