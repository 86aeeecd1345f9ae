package otlp

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const request = `{"resourceLogs": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}, {"key": "my.team", "value": {"intValue": "7"}}]},
  "scopeLogs": [{"scope": {"name": "cart"}, "logRecords": [
    {"timeUnixNano": "1763852400123456789", "severityNumber": 17, "body": {"stringValue": "line\none"},
     "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174", "unheard": 1,
     "attributes": [{"key": "exception.type", "value": {"stringValue": "Oops"}}, {"key": "http.response.status_code", "value": {"intValue": 500}}]},
    {"observedTimeUnixNano": 1763852400000000000, "severityText": "WARN", "eventName": "sold",
     "body": {"kvlistValue": {"values": [{"key": "n", "value": {"doubleValue": 1.5}}, {"key": "ok", "value": {"arrayValue": {"values": [{"boolValue": true}]}}}]}}}
  ]}]}]}`

var want = []map[string]any{
	{
		"@timestamp": "2025-11-22T23:00:00.123456789Z", "message": "line\none", "log.level": "error", "log.logger": "cart",
		"trace.id": "5b8efff798038103d269b633813fc60c", "span.id": "eee19b7ec3c1b174",
		"service.name": "shop", "labels.my_team": "7", "error.type": "Oops", "http.response.status_code": 500.0,
	},
	{
		"@timestamp": "2025-11-22T23:00:00Z", "message": `{"n":1.5,"ok":[true]}`, "log.level": "warn", "log.logger": "cart",
		"service.name": "shop", "labels.my_team": "7", "event.action": "sold",
	},
}

func documents(t *testing.T, lines []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range bytes.Lines(lines) {
		var doc map[string]any
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, doc)
	}
	return all
}

func text(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

func number(n int64) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}
}

// encoded is the first record of the request in protobuf.
func encoded(t *testing.T) []byte {
	t.Helper()
	body, err := proto.Marshal(&logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{
		Resource: &resource.Resource{Attributes: []*common.KeyValue{{Key: "service.name", Value: text("shop")}, {Key: "my.team", Value: number(7)}}},
		ScopeLogs: []*logs.ScopeLogs{{
			Scope: &common.InstrumentationScope{Name: "cart"},
			LogRecords: []*logs.LogRecord{{
				TimeUnixNano: 1763852400123456789, SeverityNumber: 17, Body: text("line\none"),
				TraceId:    []byte("\x5b\x8e\xff\xf7\x98\x03\x81\x03\xd2\x69\xb6\x33\x81\x3f\xc6\x0c"),
				SpanId:     []byte("\xee\xe1\x9b\x7e\xc3\xc1\xb1\x74"),
				Attributes: []*common.KeyValue{{Key: "exception.type", Value: text("Oops")}, {Key: "http.response.status_code", Value: number(500)}},
			}},
		}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestRecordsBecomeLinesInNamesOfECS(t *testing.T) {
	for _, c := range []struct {
		name string
		body []byte
		text bool
		want []map[string]any
	}{
		{"from JSON", []byte(request), true, want},
		{"from protobuf", encoded(t), false, want[:1]},
		{"none from an empty request", nil, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := Decode(c.body, c.text)
			if err != nil {
				t.Fatal(err)
			}
			lines, records, rejected, err := l.Lines(1 << 20)
			if err != nil || records != len(c.want) || rejected != 0 {
				t.Fatalf("%d records, %d rejected, error %v", records, rejected, err)
			}
			if got := documents(t, lines); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestARecordThatIsTooLongIsRejectedAlone(t *testing.T) {
	l, err := Decode([]byte(strings.Replace(request, `line\none`, strings.Repeat("x", 5000), 1)), true)
	if err != nil {
		t.Fatal(err)
	}
	lines, records, rejected, err := l.Lines(4000)
	if err != nil || records != 1 || rejected != 1 || !reflect.DeepEqual(documents(t, lines), want[1:]) {
		t.Errorf("%s; %d records, %d rejected, error %v", lines, records, rejected, err)
	}
}

func TestWhatIsNoRequestIsAnError(t *testing.T) {
	for _, body := range []string{"\xff\xff", "{"} {
		for _, text := range []bool{true, false} {
			if _, err := Decode([]byte(body), text); !errors.Is(err, ErrBody) {
				t.Errorf("%q: %v", body, err)
			}
		}
	}
}

func TestAnswersAreThoseOfTheProtocol(t *testing.T) {
	if got := string(Answer(2, "too long", true)); got != `{"partialSuccess":{"errorMessage":"too long","rejectedLogRecords":"2"}}` {
		t.Error(got)
	}
	if got := string(Answer(0, "", true)) + string(Answer(0, "", false)); got != "{}" {
		t.Error(got)
	}
	part, _ := protowire.ConsumeBytes(Answer(2, "too long", false)[1:])
	if string(part) != "\x08\x02\x12\x08too long" {
		t.Errorf("%q", part)
	}
	if got := string(Refusal("no", false)); got != "\x12\x02no" {
		t.Errorf("%q", got)
	}
}

// FuzzDecode holds that whatever can be decoded becomes lines of JSON.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(request), true)
	f.Add([]byte("\n\x06\x12\x04\x12\x02\x08\x01"), false)
	f.Fuzz(func(t *testing.T, body []byte, text bool) {
		l, err := Decode(body, text)
		if err != nil {
			return
		}
		lines, records, _, err := l.Lines(1 << 20)
		if err != nil || len(documents(t, lines)) != records {
			t.Errorf("%d records in %q, error %v", records, lines, err)
		}
	})
}
