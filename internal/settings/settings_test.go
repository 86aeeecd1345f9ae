package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/wire"
)

type kafka struct {
	Brokers []string `koanf:"brokers"`
	SASL    struct {
		User         string      `koanf:"user"`
		Password     wire.Secret `koanf:"password"`
		PasswordFile string      `koanf:"password_file"`
	} `koanf:"sasl"`
}

type agent struct {
	Host      string            `koanf:"host"`
	ScanEvery time.Duration     `koanf:"scan_every"`
	Open      int               `koanf:"open_files"`
	Labels    map[string]string `koanf:"labels"`
	Kafka     kafka             `koanf:"kafka"`
	Version   string            `koanf:"-"`
}

func defaults() *agent {
	return &agent{Host: "default", ScanEvery: time.Second, Open: 7, Version: "v1"}
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "millrace.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const whole = `
kafka: {brokers: [a:1, b:2], sasl: {user: file}}
agent:
  host: file
  scan_every: 2s
  labels: {zone: eu}
indexer: {anything: 1}
`

func TestFlagWinsOverEnvironmentOverFileOverDefault(t *testing.T) {
	got := defaults()
	src := Source{
		File:    write(t, whole),
		Environ: []string{"MILLRACE_AGENT_HOST=env", "MILLRACE_AGENT_SCAN_EVERY=3s", "MILLRACE_KAFKA_SASL_USER=env", "HOME=/"},
		Flags:   map[string]any{"agent.host": "flag", "indexer.group": "not of this role"},
	}
	if err := src.Load("agent", got); err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Host, want.ScanEvery, want.Labels = "flag", 3*time.Second, map[string]string{"zone": "eu"}
	want.Kafka.Brokers, want.Kafka.SASL.User = []string{"a:1", "b:2"}, "env"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestNothingGivenLeavesTheDefaults(t *testing.T) {
	got := defaults()
	if err := (Source{}).Load("agent", got); err != nil || !reflect.DeepEqual(got, defaults()) {
		t.Errorf("got %+v, error %v", got, err)
	}
}

func TestEnvironmentCanSayListsNumbersAndMaps(t *testing.T) {
	got := defaults()
	src := Source{Environ: []string{"MILLRACE_KAFKA_BROKERS=a:1,b:2", "MILLRACE_AGENT_OPEN_FILES=99", "MILLRACE_AGENT_LABELS=zone=eu,rack=7"}}
	if err := src.Load("agent", got); err != nil {
		t.Fatal(err)
	}
	if len(got.Kafka.Brokers) != 2 || got.Open != 99 || got.Labels["rack"] != "7" || got.Labels["zone"] != "eu" {
		t.Errorf("got %+v", got)
	}
}

func TestAFlagSetsOneKeyOfAMap(t *testing.T) {
	type role struct {
		Labels map[string]string            `koanf:"labels"`
		Each   map[string]map[string]string `koanf:"each"`
	}
	for name, c := range map[string]struct {
		file, environ string
		flags         map[string]any
		want          role
		err           string
	}{
		"where there is no map":      {flags: map[string]any{"agent.labels.zone": "eu"}, want: role{Labels: map[string]string{"zone": "eu"}}},
		"of the file's map":          {file: "agent: {labels: {zone: us, rack: 7}}", flags: map[string]any{"agent.labels.zone": "eu"}, want: role{Labels: map[string]string{"zone": "eu", "rack": "7"}}},
		"of the environment's map":   {environ: "zone=us,rack=7", flags: map[string]any{"agent.labels.zone": "eu"}, want: role{Labels: map[string]string{"zone": "eu", "rack": "7"}}},
		"whose name has a dot":       {flags: map[string]any{"agent.labels.a.b": "eu"}, want: role{Labels: map[string]string{"a.b": "eu"}}},
		"of a map of maps":           {file: "agent: {each: {x: {a: 1}, y: {b: 2}}}", flags: map[string]any{"agent.each.x.c": "3"}, want: role{Each: map[string]map[string]string{"x": {"a": "1", "c": "3"}, "y": {"b": "2"}}}},
		"but not half of it":         {flags: map[string]any{"agent.each.x": "3"}, err: "agent.each.x: unknown key"},
		"but not one without a name": {flags: map[string]any{"agent.labels.": "3"}, err: "agent.labels.: unknown key"},
		"and not where it is broken": {environ: "zone", flags: map[string]any{"agent.labels.rack": "7"}, err: `"zone" is not name=value`},
	} {
		t.Run(name, func(t *testing.T) {
			var got role
			src := Source{File: write(t, c.file), Flags: c.flags}
			if c.environ != "" {
				src.Environ = []string{"MILLRACE_AGENT_LABELS=" + c.environ}
			}
			err := src.Load("agent", &got)
			if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) || c.err == "" && (err != nil || !reflect.DeepEqual(got, c.want)) {
				t.Errorf("got %+v, error %v", got, err)
			}
		})
	}
}

func TestEmbeddedStructsLieBesideTheirFields(t *testing.T) {
	got := struct {
		agent `koanf:",squash"`
		Wait  time.Duration `koanf:"wait"`
	}{}
	src := Source{Environ: []string{"MILLRACE_AGENT_HOST=env", "MILLRACE_AGENT_WAIT=5s"}}
	if err := src.Load("agent", &got); err != nil || got.Host != "env" || got.Wait != 5*time.Second {
		t.Errorf("got %+v, error %v", got, err)
	}
}

func TestErrorsNameTheKey(t *testing.T) {
	cases := map[string]string{
		"agent: {hots: x}":                   "agent.hots: unknown key; the keys beside it are host, labels, open_files, scan_every",
		"kafka: {sasl: {usr: x}}":            "kafka.sasl.usr: unknown key; the keys beside it are password, password_file, user",
		"agnet: {}":                          `unknown section "agnet"`,
		"agent: {scan_every: soon}":          `agent.scan_every: time: invalid duration, is "soon"`,
		"agent: {open_files: [1, 2]}":        "agent.open_files: expected type 'int', got unconvertible type",
		"agent: {labels: {a: {b: c}}}":       "agent.labels[a]: expected type 'string'",
		"agent: [":                           "millrace.yaml",
		"kafka: {brokers: x, sasl: nothing}": "kafka.sasl: unknown key",
	}
	for text, want := range cases {
		if err := (Source{File: write(t, text)}).Load("agent", defaults()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	if err := (Source{File: "/nowhere.yaml"}).Load("agent", defaults()); err == nil || !strings.Contains(err.Error(), "/nowhere.yaml") {
		t.Errorf("missing file: %v", err)
	}
}

func TestSecretsComeFromFilesAndTheEnvironmentOnly(t *testing.T) {
	const text = "kafka: {sasl: {user: u, password: topsecret}}"
	open := write(t, text)
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	flag := map[string]any{"kafka.sasl.password": "topsecret"}
	for name, c := range map[string]struct {
		src  Source
		want string // of the error; none: it is taken
	}{
		"a file of one's own":              {Source{File: write(t, text)}, ""},
		"a file that everybody may read":   {Source{File: open}, "chmod o-rwx " + open},
		"the environment":                  {Source{Environ: []string{"MILLRACE_KAFKA_SASL_PASSWORD=topsecret"}}, ""},
		"a flag":                           {Source{Flags: flag}, "kafka.sasl.password: a command line can be read by everybody on this machine; use kafka.sasl.password_file, or the environment's MILLRACE_KAFKA_SASL_PASSWORD"},
		"a flag of a key nobody knows":     {Source{Flags: map[string]any{"kafka.sasl.pasword": "x"}}, "kafka.sasl.pasword: unknown key; the keys beside it are password, password_file, user"},
		"a flag of no section":             {Source{Flags: map[string]any{"brokers": "x"}}, "brokers: unknown key; keys begin with kafka, "},
		"a flag below a key":               {Source{Flags: map[string]any{"kafka.brokers.first": "x"}}, "kafka.brokers.first: unknown key; the keys beside it are brokers, sasl"},
		"a flag of a section nobody knows": {Source{Flags: map[string]any{"kafkaa.brokers": "x"}}, "kafkaa.brokers: unknown key; keys begin with kafka, etcd, elasticsearch, log, agent,"},
	} {
		t.Run(name, func(t *testing.T) {
			got := defaults()
			err := c.src.Load("agent", got)
			if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("error %v", err)
			}
			if err == nil && got.Kafka.SASL.Password != "topsecret" {
				t.Errorf("the secret is %q", string(got.Kafka.SASL.Password))
			}
			if err != nil && strings.Contains(err.Error(), "topsecret") {
				t.Errorf("%q tells the secret", err)
			}
		})
	}
}

// A secret may lie in what stands under a name that the user has chosen.
func TestAFileWithASecretInATableIsForItsOwnerOnly(t *testing.T) {
	type table struct {
		SQL struct {
			DSN   wire.Secret `koanf:"dsn"`
			Query string      `koanf:"query"`
		} `koanf:"sql"`
	}
	for text, refused := range map[string]bool{
		"agent: {tables: {a: {sql: {query: q}}, b: {sql: {dsn: topsecret}}}}": true,
		"agent: {tables: {a: {sql: {query: q}}}}":                             false,
	} {
		var got struct {
			Tables map[string]table `koanf:"tables"`
		}
		file := write(t, text)
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		err := Source{File: file}.Load("agent", &got)
		if (err != nil) != refused || refused && (!strings.Contains(err.Error(), "chmod o-rwx "+file) || strings.Contains(err.Error(), "topsecret")) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
