package pipeline

import (
	"syscall"
	"testing"
	"time"
)

// stepBench is a step on its common path: it may run again and again on the fields that setup has made.
type stepBench struct {
	name, setup, steps, line string
}

var stepBenches = []stepBench{
	{name: "append", steps: `[{"append":{"field":"tags","value":["a"],"allow_duplicates":false}}]`, line: "m"},
	{name: "community_id", setup: `[{"set":{"field":"source","value":{"ip":"10.0.0.1","port":1234}}},{"set":{"field":"destination","value":{"ip":"10.0.0.2","port":80}}},{"set":{"field":"network.transport","value":"tcp"}}]`, steps: `[{"community_id":{}}]`, line: "m"},
	{name: "convert", setup: `[{"dissect":{"pattern":"%{n} %{rest}"}}]`, steps: `[{"convert":{"field":"n","type":"integer","target_field":"count"}}]`, line: "18423 ms"},
	{name: "csv", steps: `[{"csv":{"field":"message","target_fields":["a","b","c"]}}]`, line: `481516,"new, shiny",42.50`},
	{name: "date", setup: `[{"dissect":{"pattern":"[%{when}]"}}]`, steps: `[{"date":{"field":"when","formats":["dd/MMM/yyyy:HH:mm:ss Z"]}}]`, line: "[22/Nov/2026:18:59:31 +0000]"},
	{name: "date of ISO 8601", steps: `[{"date":{"field":"message","formats":["ISO8601"]}}]`, line: "2026-11-22T18:59:31.123Z"},
	{name: "dissect", steps: `[{"dissect":{"pattern":"%{source.ip} %{} %{user.name} [%{when}] \"%{http.request.method} %{url.original} HTTP/%{http.version}\" %{rest}"}}]`, line: nginxLine},
	{name: "drop that does not hold", setup: `[{"format":"nginx.access"}]`, steps: `[{"drop":{"if":"url.path == \"/healthz\" or http.response.status_code == 599"}}]`, line: nginxLine},
	{name: "fingerprint", steps: `[{"fingerprint":{"fields":["message"],"method":"SHA-256"}}]`, line: nginxLine},
	{name: "format of a pattern", setup: `[{"set":{"field":"line","copy_from":"message"}}]`, steps: `[{"format":{"name":"log4j","field":"line","pattern":"%d{dd.MM.yyyy HH:mm:ss,SSS} %-5p [%t] %X{order} %c - %m%n"}}]`, line: "22.11.2026 19:00:00,123 INFO  [main] 4711 com.acme.Cart - added 2 items"},
	{name: "format of columns", steps: `[{"format":{"name":"iis.access","fields":"date time c-ip cs-method cs-uri-stem sc-status time-taken X-Forwarded-For"}}]`, line: "2026-11-22 19:00:00 203.0.113.7 GET /cart 404 46 198.51.100.1"},
	{name: "geoip", setup: `[{"set":{"field":"source.ip","value":"203.0.113.9"}}]`, steps: `[{"geoip":{"field":"source.ip","target_field":"source.geo"}}]`, line: "m"},
	{name: "grok", steps: `[{"grok":{"field":"message","patterns":["^%{IPORHOST:source.address} %{WORD:http.request.method} %{URIPATHPARAM:url.original} %{NUMBER:bytes:int} %{NUMBER:took:float}$"]}}]`, line: "203.0.113.77 GET /catalog/items/48213?ref=home 18423 0.043"},
	{name: "gsub", steps: `[{"gsub":{"field":"message","pattern":"[0-9]+","replacement":"N","target_field":"labels.route"}}]`, line: "/catalog/items/48213"},
	{name: "json", steps: `[{"json":{"field":"message","target_field":"payload"}}]`, line: jsonLine},
	{name: "kv", steps: `[{"kv":{"field":"message","field_split":" ","value_split":"=","target_field":"args"}}]`, line: "user=u-2342 order=481516 total=42.5 currency=EUR"},
	{name: "logfmt", steps: `[{"logfmt":{"field":"message","target_field":"app"}}]`, line: `level=info msg="order placed" order=481516 took=17ms`},
	{name: "lookup", setup: `[{"set":{"field":"source.ip","value":"10.1.2.3"}}]`, steps: `[{"lookup":{"field":"source.ip","match":"cidr","values":{"10.0.0.0/8":{"team":"core"}},"target_field":"labels"}}]`, line: "m"},
	{name: "lowercase", steps: `[{"lowercase":{"field":"message","target_field":"method"}}]`, line: "GET"},
	{name: "network_direction", setup: `[{"set":{"field":"source.ip","value":"10.0.0.1"}},{"set":{"field":"destination.ip","value":"203.0.113.9"}}]`, steps: `[{"network_direction":{"internal_networks":["private"]}}]`, line: "m"},
	{name: "redact without a hit", steps: `[{"redact":{"field":"message","patterns":["%{EMAILADDRESS:EMAIL}"]}}]`, line: "order 481516 placed in 17 ms"},
	{name: "regex", steps: `[{"regex":{"pattern":"took (?<labels.took>[0-9]+) ms"}}]`, line: "order placed, took 17 ms"},
	{name: "rename there and back", setup: `[{"set":{"field":"a","value":"x"}}]`, steps: `[{"rename":{"field":"a","target_field":"b"}},{"rename":{"field":"b","target_field":"a"}}]`, line: "m"},
	{name: "set", steps: `[{"set":{"field":"labels.zone","value":"eu-1"}}]`, line: "m"},
	{name: "set a template", steps: `[{"set":{"field":"labels.zone","value":"zone {{{host.name}}}"}}]`, line: "m"},
	{name: "split", steps: `[{"split":{"field":"message","separator":",\\s*","target_field":"list"}}]`, line: "admin, ops, dev"},
	{name: "trim", steps: `[{"trim":{"field":"message","target_field":"name"}}]`, line: "  x "},
	{name: "uri_parts", steps: `[{"uri_parts":{"field":"message","target_field":"link","keep_original":false}}]`, line: "https://shop.example.com:8443/catalog/items?page=2#top"},
	{name: "urldecode", steps: `[{"urldecode":{"field":"message","target_field":"query"}}]`, line: "q=red%20shoes&page=2"},
	{name: "user_agent", setup: `[{"format":"nginx.access"}]`, steps: `[{"user_agent":{"field":"user_agent.original"}}]`, line: nginxLine},
}

// start prepares an event for a step; again runs the step on it.
func (b *stepBench) start(tb testing.TB, data Data) (again func()) {
	tb.Helper()
	setup := b.setup
	if setup == "" {
		setup = "[]"
	}
	p := mustCompile(tb, b.steps)
	// Both lists must speak of fields by the same schema.
	both := mustCompile(tb, setup[:len(setup)-1]+comma(setup)+b.steps[1:])
	count := len(both.steps) - len(p.steps)
	prepare := both.NewRunner().Use(data)
	prepare.steps = nil
	prepare.begin(benchInput(b.line))
	if err := prepare.list(both.steps[:count]); err != nil {
		tb.Fatal(err)
	}
	scratch := prepare.context.Event.Scratch()
	again = func() {
		prepare.context.Begin()
		prepare.context.Event.Keep(scratch)
		if err := prepare.list(both.steps[count:]); err != nil {
			tb.Fatal(err)
		}
		scratch = prepare.context.Event.Scratch()[:len(scratch)]
	}
	again()
	return again
}

func comma(list string) string {
	if list == "[]" {
		return ""
	}
	return ","
}

func BenchmarkStep(b *testing.B) {
	data := newTestData(b)
	for _, bench := range stepBenches {
		b.Run(bench.name, func(b *testing.B) {
			again := bench.start(b, data)
			b.ReportAllocs()
			start := cpuTime()
			for b.Loop() {
				again()
			}
			b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")
		})
	}
}

func TestStepsAllocateNothingOnTheirCommonPath(t *testing.T) {
	data := newTestData(t)
	for _, bench := range stepBenches {
		t.Run(bench.name, func(t *testing.T) {
			again := bench.start(t, data)
			if n := fewestAllocs(again); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// fewestAllocs is what f allocates a call when it is let alone: under the race detector a sync.Pool, which regexp
// keeps its machines in, drops a quarter of what it is given at random, so that a single count may be too high.
func fewestAllocs(f func()) float64 {
	fewest := testing.AllocsPerRun(10, f)
	for range 20 {
		fewest = min(fewest, testing.AllocsPerRun(10, f))
	}
	return fewest
}

// cpuTime is what the process has used of processors: on a busy machine it says more than the time that passed.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
