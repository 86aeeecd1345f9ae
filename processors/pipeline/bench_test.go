package pipeline

import (
	"encoding/json"
	"testing"
	"time"
)

// Lines as hosts write them.
const (
	nginxLine = `203.0.113.77 - - [22/Nov/2026:18:59:31 +0000] "GET /catalog/items/48213?ref=home&page=2 HTTP/1.1" 200 18423 ` +
		`"https://shop.example.com/" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"`
	jsonLine = `{"time":"2026-11-22T18:59:31.123Z","level":"INFO","msg":"order placed","order":{"id":481516,"total":42.5,"currency":"EUR"},` +
		`"user":{"id":"u-2342","plan":"gold"},"took_ms":17,"items":["a-1","b-2"]}`
	syslogLine     = `<34>Nov 22 18:59:31 web-1 sshd[2742]: Accepted publickey for deploy from 203.0.113.77 port 50222 ssh2: ED25519 SHA256:x8q`
	syslog5424Line = `<165>1 2026-11-22T18:59:31.003Z web-1.example.com billing 8710 ID47 [req@32473 id="81" user="u-2342"] payment accepted`
)

func benchInput(line string) *Input {
	return &Input{
		Message: []byte(line), At: time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC), Host: "web-1.example.com",
		Path: "/var/log/nginx/access.log", App: "shop", Env: "prod", Collection: "shop-access", Revision: "0123456789abcdef",
		AgentID: "k3v9x2m4q8w1", Offset: 123456789,
	}
}

func BenchmarkRun(b *testing.B) {
	dissect := `[{"dissect": {"pattern": "%{source.address} - %{user.name} [%{when}] \"%{http.request.method} %{url.original} HTTP/%{http.version}\" ` +
		`%{http.response.status_code} %{http.response.body.bytes} \"%{http.request.referrer}\" \"%{user_agent.original}\""}},` +
		`{"date": {"field": "when", "formats": ["dd/MMM/yyyy:HH:mm:ss Z"]}}]`
	conditions := `[{"format": "nginx.access"},` +
		`{"drop": {"if": "url.path == \"/healthz\" or http.response.status_code == 599"}},` +
		`{"set": {"field": "labels.kind", "value": "error", "if": "http.response.status_code >= 500"}},` +
		`{"set": {"field": "labels.zone", "value": "zone {{{host.name}}}"}}]`
	for _, bench := range []struct{ name, steps, line string }{
		{"plain", `[]`, nginxLine},
		{"nginx.access", `[{"format": "nginx.access"}]`, nginxLine},
		{"nginx.access with conditions", conditions, nginxLine},
		{"dissect and date", dissect, nginxLine},
		{"json", `[{"format": "json"}]`, jsonLine},
		{"syslog 3164", `[{"format": "syslog"}]`, syslogLine},
		{"syslog 5424", `[{"format": "syslog"}]`, syslog5424Line},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := mustCompile(b, bench.steps).NewRunner()
			in := benchInput(bench.line)
			out, result := r.Run(nil, in)
			if result.Failed {
				b.Fatal(result.Cause)
			}
			b.SetBytes(int64(len(in.Message)))
			b.ReportAllocs()
			start := cpuTime()
			for b.Loop() {
				out, _ = r.Run(out[:0], in)
			}
			b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")
		})
	}
}

func mustCompile(tb testing.TB, steps string) *Pipeline {
	tb.Helper()
	p, problems := Compile(json.RawMessage(steps), "pipeline")
	for _, problem := range problems {
		tb.Error(problem)
	}
	if p == nil {
		tb.FailNow()
	}
	return p
}
