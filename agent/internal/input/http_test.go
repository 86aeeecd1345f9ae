package input

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// post sends a request and returns its status and body.
func (b *bench) post(path, body string, headers ...string) (int, string, http.Header) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+b.address()+path, strings.NewReader(body))
	must(b.t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	w, err := client.Do(r)
	must(b.t, err)
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	must(b.t, err)
	return w.StatusCode, string(text), w.Header
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	must(t, err)
	must(t, w.Close())
	return b.String()
}

func local() Config { return Config{Name: "in", Kind: HTTP, Listen: []string{"http://127.0.0.1:0"}} }

func TestRequestsAreAnswered(t *testing.T) {
	const ndjson, kind = "application/x-ndjson", "Content-Type"
	b := newBench(t, local())
	zipped := packed(t, "zip\n")
	for _, c := range []struct {
		name, path, body string
		headers          []string
		code             int
		answer, spooled  string
	}{
		{"lines are taken", "/", "one\r\n\ntwo", nil, 200, `{"accepted":2}`, "one\ntwo\n"},
		{"lines are taken at their own path", "/lines", "one\n", []string{kind, "text/plain; charset=utf-8"}, 200, `{"accepted":1}`, "one\n"},
		{"NDJSON is taken", "/", "{\"a\":1}\n{\"a\": 2}\n", []string{kind, ndjson}, 200, `{"accepted":2}`, "{\"a\":1}\n{\"a\": 2}\n"},
		{"JSON is one event", "/", "{\n \"a\": 1\n}\n", []string{kind, "application/json"}, 200, `{"accepted":1}`, "{\"a\":1}\n"},
		{"nothing is nothing", "/", "", nil, 200, `{"accepted":0}`, ""},
		{"gzip is unpacked", "/", zipped, []string{"Content-Encoding", "gzip"}, 200, `{"accepted":1}`, "zip\n"},
		{"what is no gzip is refused", "/", "zip\n", []string{"Content-Encoding", "gzip"}, 400, "not gzip", ""},
		{"half a gzip is refused", "/", zipped[:len(zipped)-9], []string{"Content-Encoding", "gzip"}, 400, "ends early", ""},
		{"another encoding is refused", "/", "x", []string{"Content-Encoding", "br"}, 415, "Content-Encoding", ""},
		{"a line that is no JSON is named, and nothing taken", "/", "{}\n{\n", []string{kind, ndjson}, 400, "line 2", ""},
		{"a line that is too long is named, and nothing taken", "/", "x\n" + strings.Repeat("x", 70_000), nil, 413, "line 2", ""},
		{"a body that is too long is refused", "/", strings.Repeat("x\n", maxBody), nil, 413, "more than", ""},
		{"a bomb is refused", "/", packed(t, strings.Repeat("x\n", maxBody)), []string{"Content-Encoding", "gzip"}, 413, "more than", ""},
		{"OTLP is taken", "/v1/logs", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hi"}}]}]}]}`, []string{kind, "application/json"}, 200, "{}", "{\"message\":\"hi\"}\n"},
		{"OTLP is taken in protobuf", "/v1/logs", "\n\x0c\x12\x0a\x12\x08\x2a\x06\x0a\x04yeah", []string{kind, "application/x-protobuf"}, 200, "", "{\"message\":\"yeah\"}\n"},
		{"OTLP of another kind is refused", "/v1/logs", "x", []string{kind, "text/plain"}, 415, "Content-Type", ""},
		{"what is no OTLP is refused", "/v1/logs", "\xff", []string{kind, "application/x-protobuf"}, 400, "not an OTLP", ""},
		{"an OTLP record that is too long is rejected alone", "/v1/logs", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hi"}},{"body":{"stringValue":"` + strings.Repeat("x", 70_000) + `"}}]}]}]}`, []string{kind, "application/json"}, 200, `"rejectedLogRecords":"1"`, "{\"message\":\"hi\"}\n"},
		{"another path is not there", "/x", "x", nil, 404, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := b.text()
			code, answer, headers := b.post(c.path, c.body, c.headers...)
			if code != c.code || !strings.Contains(answer, c.answer) {
				t.Errorf("%d %s", code, answer)
			}
			if got := strings.TrimPrefix(b.text(), before); got != c.spooled {
				t.Errorf("the spool holds %.200q more", got)
			}
			if want := "application/x-protobuf"; len(c.headers) > 1 && c.headers[1] == want && headers.Get(kind) != want {
				t.Errorf("the answer is of %s", headers.Get(kind))
			}
		})
	}
}

func TestATokenIsAskedFor(t *testing.T) {
	cfg := local()
	cfg.TokenFile = filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(cfg.TokenFile, []byte("secret\n"), 0o600))
	b := newBench(t, cfg)
	for header, want := range map[string]int{"": 401, "Bearer wrong": 401, "secret": 401, "Bearer ": 401, "Bearer secret": 200} {
		if code, answer, _ := b.post("/", "x\n", "Authorization", header); code != want {
			t.Errorf("%q: %d %s", header, code, answer)
		}
	}
	must(t, os.WriteFile(cfg.TokenFile, nil, 0o600))
	if code, _, _ := b.post("/", "x\n", "Authorization", "Bearer "); code != 401 {
		t.Errorf("an empty token lets everybody in: %d", code)
	}
	b.want("x\n")
}

func TestAFullSpoolTellsClientsToComeLater(t *testing.T) {
	cfg := local()
	cfg.SpoolBytes = minSpool
	b := newBench(t, cfg)
	body := strings.Repeat(strings.Repeat("x", 999)+"\n", 3000)
	code, answer, headers := 200, "", http.Header(nil)
	taken := 0
	for ; code == 200 && taken < 100; taken++ {
		code, answer, headers = b.post("/", body)
	}
	if code != 503 || headers.Get("Retry-After") != later || !strings.Contains(answer, "full") {
		t.Fatalf("%d %s %v", code, answer, headers)
	}
	if got := len(b.text()); got != (taken-1)*len(body) {
		t.Errorf("%d bytes are in the spool, %d were taken", got, (taken-1)*len(body))
	}
	b.ship()
	b.eventually(func() error {
		if code, answer, _ := b.post("/", body); code != 200 {
			return fmt.Errorf("%d %s", code, answer)
		}
		return nil
	})
}
