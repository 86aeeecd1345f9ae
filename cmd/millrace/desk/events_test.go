package desk

import (
	"path/filepath"
	"strings"
	"testing"
)

const billing = `2026-11-22 10:00:00,000 INFO  [main] com.acme.Billing - invoice 1 sent
2026-11-22 10:00:01,000 ERROR [w-1] com.acme.Billing - could not charge
java.io.IOException: timed out
	at com.acme.Billing.charge(Billing.java:10)
2026-11-22 10:00:02,000 INFO  [main] com.acme.Billing - invoice 2 sent
`

func TestTryJoinsLinesAsTheAgentWould(t *testing.T) {
	dir := folder(t, map[string]string{
		"billing.yaml": "app: billing\npaths: [/var/log/billing.log]\nmultiline: java\npipeline: [{format: log4j}]\n",
		"billing.log":  billing,
	})
	out, notes, err := run(t, dir, &TryCmd{Collection: filepath.Join(dir, "billing.yaml"), Logs: []string{filepath.Join(dir, "billing.log")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"and 2 lines joined to it", "+ error.stack_trace", `"timed out"`} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if !strings.HasPrefix(notes, "3 events: 3 parsed; ") {
		t.Errorf("it ends with %q", notes)
	}
}

func TestSuggestSeesStackTracesAndJoinsThem(t *testing.T) {
	dir := folder(t, map[string]string{"billing.log": billing})
	out, _, err := run(t, dir, &SuggestCmd{Logs: []string{filepath.Join(dir, "billing.log")}, Most: 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Stack traces of Java lie among the lines", "they make 3 events", `"multiline": "java"`, "The events look like log4j: it parses 100 % of them."} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

func TestSuggestDoesNotFindFaultWhereTheFormatIsKnown(t *testing.T) {
	dir := folder(t, map[string]string{"app.log": strings.Repeat(`{"level":"info","msg":"ready","time":"2026-11-22T10:00:00Z"}`+"\n", 9)})
	out, _, err := run(t, dir, &SuggestCmd{Logs: []string{filepath.Join(dir, "app.log")}, Most: 20})
	if err != nil || !strings.Contains(out, "look like json") || strings.Contains(out, "no beginning in common") {
		t.Errorf("%v, printed\n%s", err, out)
	}
}
