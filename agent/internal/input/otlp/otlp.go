// Package otlp reads the log records of OTLP/HTTP, in protobuf or JSON, and writes
// each as one line of JSON whose keys are names of ECS.
//
// Nothing of a record is left out: attributes that ECS has no name for become
// labels. What cannot be decoded is an error of the whole request. The package has no
// state and starts no goroutine.
package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// ErrBody is returned by Decode.
var ErrBody = errors.New("not an OTLP export of logs")

// Logs is one request.
type Logs struct {
	data *logs.LogsData
	// text says that ids were hexadecimal in JSON, which its decoder took for base64.
	text bool
}

// Decode reads a request; text says that it is JSON. Unknown fields are passed over,
// as the protocol asks. The error wraps ErrBody.
func Decode(body []byte, text bool) (*Logs, error) {
	l := &Logs{data: &logs.LogsData{}, text: text} // on the wire the same as ExportLogsServiceRequest
	var err error
	if text {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, l.data)
	} else {
		err = proto.Unmarshal(body, l.data)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	}
	return l, nil
}

// Lines are the records of the request, each as a line with its line feed. Records
// whose line is longer than most are left out and counted as rejected.
func (l *Logs) Lines(most int) (lines []byte, records, rejected int, err error) {
	for _, r := range l.data.GetResourceLogs() {
		for _, s := range r.GetScopeLogs() {
			for _, record := range s.GetLogRecords() {
				doc := document{}
				doc.attributes(r.GetResource().GetAttributes())
				doc.attributes(s.GetScope().GetAttributes())
				doc.text("log.logger", s.GetScope().GetName())
				l.record(doc, record)
				line, err := json.Marshal(doc)
				if err != nil {
					return nil, 0, 0, fmt.Errorf("otlp: %w", err)
				}
				if len(line) > most {
					rejected++
					continue
				}
				lines = append(append(lines, line...), '\n')
				records++
			}
		}
	}
	return lines, records, rejected, nil
}

// record fills in what a record says itself.
func (l *Logs) record(doc document, r *logs.LogRecord) {
	doc.attributes(r.GetAttributes())
	at := r.GetTimeUnixNano()
	if at == 0 {
		at = r.GetObservedTimeUnixNano()
	}
	if at != 0 {
		doc["@timestamp"] = time.Unix(0, int64(at)).UTC().Format(time.RFC3339Nano)
	}
	doc["message"] = plain(r.GetBody())
	level := strings.ToLower(r.GetSeverityText())
	if level == "" {
		level = levelOf(int(r.GetSeverityNumber()))
	}
	doc.text("log.level", level)
	doc.text("trace.id", l.id(r.GetTraceId()))
	doc.text("span.id", l.id(r.GetSpanId()))
	doc.text("event.action", r.GetEventName())
}

// id is the hexadecimal form of a trace's or span's id.
func (l *Logs) id(b []byte) string {
	if l.text {
		return strings.ToLower(base64.StdEncoding.EncodeToString(b))
	}
	return hex.EncodeToString(b)
}

// levelOf names a severity, which has four grades to each name.
func levelOf(severity int) string {
	names := []string{"trace", "debug", "info", "warn", "error", "fatal"}
	if severity < 1 || severity > 4*len(names) {
		return ""
	}
	return names[(severity-1)/4]
}

// document is what becomes of a record: names of ECS, dots being levels.
type document map[string]any

func (d document) text(name, value string) {
	if value != "" {
		d[name] = value
	}
}

// ecs are the names of ECS for attributes of the semantic conventions. Those that have
// the same name in both are there with none.
var ecs = map[string]string{
	"service.name": "", "service.version": "", "service.instance.id": "service.node.name",
	"deployment.environment": "service.environment", "deployment.environment.name": "service.environment",
	"host.name": "", "host.id": "", "host.ip": "", "host.arch": "host.architecture", "host.type": "",
	"process.pid": "", "process.executable.path": "process.executable", "process.command_line": "", "process.owner": "user.name",
	"thread.id": "process.thread.id", "thread.name": "process.thread.name",
	"container.id": "", "container.name": "", "container.image.name": "", "container.runtime": "",
	"k8s.namespace.name": "kubernetes.namespace", "k8s.pod.name": "kubernetes.pod.name", "k8s.pod.uid": "kubernetes.pod.uid",
	"k8s.container.name": "kubernetes.container.name", "k8s.node.name": "kubernetes.node.name", "k8s.deployment.name": "kubernetes.deployment.name",
	"cloud.provider": "", "cloud.region": "", "cloud.availability_zone": "", "cloud.account.id": "",
	"exception.type": "error.type", "exception.message": "error.message", "exception.stacktrace": "error.stack_trace",
	"code.function": "log.origin.function", "code.function.name": "log.origin.function", "code.filepath": "log.origin.file.name",
	"code.file.path": "log.origin.file.name", "code.lineno": "log.origin.file.line", "code.line.number": "log.origin.file.line",
	"http.request.method": "", "http.response.status_code": "", "url.full": "", "url.path": "", "url.query": "", "url.scheme": "",
	"user_agent.original": "", "client.address": "", "client.port": "", "server.address": "", "server.port": "",
	"source.address": "", "source.port": "", "destination.address": "", "destination.port": "", "user.name": "", "user.id": "",
}

func (d document) attributes(list []*common.KeyValue) {
	for _, a := range list {
		name, known := ecs[a.GetKey()]
		switch {
		case !known: // a label is one level, with values that can all be of one type
			d["labels."+strings.ReplaceAll(a.GetKey(), ".", "_")] = plain(a.GetValue())
		case name == "":
			d[a.GetKey()] = value(a.GetValue())
		default:
			d[name] = value(a.GetValue())
		}
	}
}

// plain is a value as text: a string as it is, anything else as JSON.
func plain(v *common.AnyValue) string {
	switch x := value(v).(type) {
	case nil:
		return ""
	case string:
		return x
	default:
		b, err := json.Marshal(x)
		if err != nil {
			return fmt.Sprint(x) // NaN and infinity, which JSON has not
		}
		return string(b)
	}
}

// value is a value as JSON would have it.
func value(v *common.AnyValue) any {
	switch x := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		return x.StringValue
	case *common.AnyValue_BoolValue:
		return x.BoolValue
	case *common.AnyValue_IntValue:
		return x.IntValue
	case *common.AnyValue_DoubleValue:
		if n := x.DoubleValue; n-n != 0 {
			return strconv.FormatFloat(n, 'g', -1, 64)
		}
		return x.DoubleValue
	case *common.AnyValue_BytesValue:
		return base64.StdEncoding.EncodeToString(x.BytesValue)
	case *common.AnyValue_ArrayValue:
		all := make([]any, 0, len(x.ArrayValue.GetValues()))
		for _, item := range x.ArrayValue.GetValues() {
			all = append(all, value(item))
		}
		return all
	case *common.AnyValue_KvlistValue:
		all := map[string]any{}
		for _, item := range x.KvlistValue.GetValues() {
			all[item.GetKey()] = value(item.GetValue())
		}
		return all
	}
	return nil
}
