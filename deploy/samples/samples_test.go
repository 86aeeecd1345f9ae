package samples_test

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/deploy/samples"
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/collect"
)

// lines are what each sample meets, with a part of the document it must become.
var lines = map[string][2]string{
	"syslog":      {`2026-11-22T19:00:00.123456+01:00 web-1 cron[31]: (root) CMD (true)`, `"@timestamp":"2026-11-22T18:00:00.123456Z","message":"(root) CMD (true)"`},
	"auth":        {`Nov 22 19:00:00 web-1 sshd[2742]: Accepted publickey for alice`, `"process":{"name":"sshd","pid":2742}`},
	"kern":        {`Nov 22 19:00:00 web-1 kernel: [   12.3] eth0: link up`, `"process":{"name":"kernel"}`},
	"nginx":       {`203.0.113.7 - - [22/Nov/2026:19:00:00 +0100] "GET /cart HTTP/1.1" 502 512 "-" "curl/8"`, `"status_code":502`},
	"nginx-error": {`2026/11/22 19:00:00 [error] 31#31: *7 connect() failed (111: Connection refused)`, `"message":"*7 connect() failed (111: Connection refused)"`},
	"packages":    {`2026-11-22 19:00:00 status installed make:amd64 4.3-4.1`, `"@timestamp":"2026-11-22T19:00:00.000Z","message":"status installed make:amd64 4.3-4.1"`},
	"var-log":     {`anything at all`, `"message":"anything at all"`},
}

func TestEverySampleIsValidAndReadsItsLines(t *testing.T) {
	all, err := samples.All()
	if err != nil || len(all) < 5 {
		t.Fatalf("%d samples, error %v", len(all), err)
	}
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	for _, sample := range all {
		t.Run(sample.Name, func(t *testing.T) {
			c, problems := collect.Parse(sample.Name, sample.Config)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			p, wrong := pipeline.Compile(c.Pipeline, "pipeline")
			if len(wrong) > 0 {
				t.Fatal(wrong)
			}
			example, ok := lines[sample.Name]
			if !ok {
				t.Fatal("this test has no line of such a log")
			}
			doc, result := p.NewRunner().Run(nil, &pipeline.Input{Message: []byte(example[0]), At: at, App: c.App})
			if result.Failed || result.Outcome != pipeline.Index || !strings.Contains(string(doc), example[1]) {
				t.Errorf("%s, cause %q\n%s", result.Outcome, result.Cause, doc)
			}
		})
	}
}
