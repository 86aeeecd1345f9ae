package format

import (
	"github.com/millrace/millrace/processors/pipeline/event"
)

// role is what a field of a JSON log means, whatever its logger calls it.
type role uint8

const (
	roleNone role = iota
	roleTime
	roleLevel
	roleMessage
	roleLogger
	roleThread
	rolePID
	roleHost
	roleMethod
	roleReferrer
	roleStatus
	roleSize
	roleDuration
	roleAddress
	roleURL
	roleAgent
	roleErrorType
	roleErrorMessage
	roleTrace
	roleNano
	roleSeconds
	roleCaller
	roleFile
	roleLine
	roleFunction
	roleTraceID
	roleSpanID
	roleProcess
	numRoles
)

// roleFields names the field of the roles that have just one.
var roleFields = [numRoles]event.ID{
	roleLogger: event.LogLogger, roleThread: event.ProcessThreadName, rolePID: event.ProcessPID, roleHost: event.HostHostname,
	roleMethod: event.HTTPRequestMethod, roleStatus: event.HTTPResponseStatusCode, roleSize: event.HTTPResponseBodyBytes,
	roleAgent: event.UserAgentOriginal, roleLine: event.LogOriginFileLine, roleErrorType: event.ErrorType, roleErrorMessage: event.ErrorMessage, roleTrace: event.ErrorStackTrace,
}

// rolePaths are the fields of the roles that have one which not every event has.
var rolePaths = [numRoles]string{
	roleFunction: "log.origin.function", roleTraceID: "trace.id", roleSpanID: "span.id", roleProcess: "process.name",
}

// roleOf is a role with the preference among the fields that can play it: lower is better.
type roleOf struct {
	role role
	rank uint8
}

// jsonRank is the first rank of the names that only a JSON log's fields have: logfmt keeps its own.
const jsonRank = 64

// roles maps the paths of well-known loggers: ECS, Bunyan, pino (with pino-http), zap, zerolog, logrus, slog, hclog, logback,
// log4j (both of its layouts), java.util.logging as Quarkus writes it, structlog, python-json-logger, loguru, winston, Monolog,
// Serilog (compact and not), Microsoft's console, tracing, GELF, journald, Kibana, Caddy, nginx's variables, container runtimes.
var roles = func() map[string]roleOf {
	table := map[string]roleOf{}
	add := func(r role, rank int, paths ...string) {
		for i, path := range paths {
			table[path] = roleOf{r, uint8(rank + i)}
		}
	}
	add(roleTime, 0, "@timestamp", "timestamp", "time", "ts", "timeMillis", "datetime", "date", "asctime", "t", "t.$date")
	add(roleTime, jsonRank, "Timestamp", "@t", "instant.epochSecond", "record.time.timestamp", "__REALTIME_TIMESTAMP", "time_iso8601", "time_local",
		"requestReceivedTimestamp")
	add(roleNano, jsonRank, "instant.nanoOfSecond")
	add(roleLevel, 0, "log.level", "level", "severity", "lvl", "levelname", "loglevel", "log_level", "error_severity")
	add(roleLevel, jsonRank, "Level", "LogLevel", "@l", "@level", "level_name", "logLevel", "severityText", "severity_text", "record.level.name", "PRIORITY")
	add(roleMessage, 0, "message", "msg", "short_message", "logEvent.message", "log")
	add(roleMessage, jsonRank, "RenderedMessage", "Message", "@m", "@message", "MESSAGE", "fields.message", "record.message", "event", "@mt", "MessageTemplate")
	add(roleLogger, 0, "log.logger", "logger", "loggerName", "logger_name")
	add(roleLogger, jsonRank, "SourceContext", "Properties.SourceContext", "Category", "@module", "record.name")
	add(roleThread, 0, "process.thread.name", "thread", "threadName", "thread_name")
	add(rolePID, 0, "process.pid", "pid")
	add(rolePID, jsonRank, "processId", "_PID", "process", "record.process.id")
	add(roleProcess, jsonRank, "SYSLOG_IDENTIFIER")
	add(roleHost, 0, "host.hostname", "hostname", "host")
	add(roleHost, jsonRank, "hostName", "HOSTNAME", "_HOSTNAME")
	add(roleMethod, 0, "http.request.method", "req.method")
	add(roleMethod, jsonRank, "request.method", "request_method")
	add(roleReferrer, 0, "http.request.referrer", "req.referer", "req.headers.referer")
	add(roleReferrer, jsonRank, "http_referer", "http_referrer")
	add(roleStatus, 0, "http.response.status_code", "res.statusCode")
	add(roleStatus, jsonRank, "status", "statusCode", "status_code")
	add(roleSize, 0, "http.response.body.bytes", "res.contentLength")
	add(roleSize, jsonRank, "body_bytes_sent")
	add(roleDuration, 0, "res.responseTime", "responseTime")
	add(roleSeconds, jsonRank, "request_time")
	add(roleAddress, 0, "source.address", "req.remoteAddress")
	add(roleAddress, jsonRank, "request.client_ip", "request.remote_ip", "remote_addr", "client_ip", "remote_ip")
	add(roleURL, 0, "url.original", "req.url")
	add(roleURL, jsonRank, "request.uri", "request_uri")
	add(roleAgent, 0, "user_agent.original", "req.headers.user-agent")
	add(roleAgent, jsonRank, "http_user_agent")
	add(roleErrorType, 0, "error.type", "err.type", "err.name", "thrown.name", "exception.class", "exception.type", "error.name")
	add(roleErrorMessage, 0, "error.message", "err.message", "thrown.message", "exception.message", "error")
	add(roleErrorMessage, jsonRank, "err")
	add(roleTrace, 0, "error.stack_trace", "stack_trace", "stackTrace", "err.stack", "error.stack", "exc_info", "stacktrace", "exception.stacktrace", "stack")
	add(roleTrace, jsonRank, "@x", "Exception", "exception", "thrown.extendedStackTrace")
	add(roleCaller, jsonRank, "caller", "file")
	add(roleFile, jsonRank, "source.file")
	add(roleLine, jsonRank, "source.line")
	add(roleFunction, jsonRank, "source.function", "func")
	add(roleTraceID, jsonRank, "trace.id", "trace_id", "traceId", "TraceId", "@tr")
	add(roleSpanID, jsonRank, "span.id", "span_id", "spanId", "SpanId", "@sp")
	return table
}()

// role returns what a field means. The answer is kept by ID.
func (s *Scratch) role(e *event.Event, id event.ID) roleOf {
	if s.generation != e.Generation() {
		s.generation, s.roles = e.Generation(), s.roles[:0]
	}
	for len(s.roles) <= int(id) {
		s.roles = append(s.roles, roles[e.Path(event.ID(len(s.roles)))])
	}
	return s.roles[id]
}
