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
	numRoles
)

// roleFields names the field of the roles that have just one.
var roleFields = [numRoles]event.ID{
	roleLogger: event.LogLogger, roleThread: event.ProcessThreadName, rolePID: event.ProcessPID, roleHost: event.HostHostname,
	roleMethod: event.HTTPRequestMethod, roleStatus: event.HTTPResponseStatusCode, roleSize: event.HTTPResponseBodyBytes,
	roleAgent: event.UserAgentOriginal, roleErrorType: event.ErrorType, roleErrorMessage: event.ErrorMessage, roleTrace: event.ErrorStackTrace,
}

// roleOf is a role with the preference among the fields that can play it: lower is better.
type roleOf struct {
	role role
	rank uint8
}

// roles maps the paths of well-known loggers: ECS, Bunyan, pino (with pino-http), zap, logrus, logback, log4j, structlog,
// python-json-logger, GELF, Kibana, container runtimes.
var roles = func() map[string]roleOf {
	table := map[string]roleOf{}
	add := func(r role, paths ...string) {
		for i, path := range paths {
			table[path] = roleOf{r, uint8(i)}
		}
	}
	add(roleTime, "@timestamp", "timestamp", "time", "ts", "timeMillis", "datetime", "date", "asctime", "t", "t.$date")
	add(roleLevel, "log.level", "level", "severity", "lvl", "levelname", "loglevel", "log_level", "error_severity")
	add(roleMessage, "message", "msg", "short_message", "logEvent.message", "log")
	add(roleLogger, "log.logger", "logger", "loggerName", "logger_name")
	add(roleThread, "process.thread.name", "thread", "threadName", "thread_name")
	add(rolePID, "process.pid", "pid")
	add(roleHost, "host.hostname", "hostname", "host")
	add(roleMethod, "http.request.method", "req.method")
	add(roleReferrer, "http.request.referrer", "req.referer", "req.headers.referer")
	add(roleStatus, "http.response.status_code", "res.statusCode")
	add(roleSize, "http.response.body.bytes", "res.contentLength")
	add(roleDuration, "res.responseTime", "responseTime")
	add(roleAddress, "source.address", "req.remoteAddress")
	add(roleURL, "url.original", "req.url")
	add(roleAgent, "user_agent.original", "req.headers.user-agent")
	add(roleErrorType, "error.type", "err.type", "err.name", "thrown.name", "exception.class", "exception.type")
	add(roleErrorMessage, "error.message", "err.message", "thrown.message", "exception.message", "error")
	add(roleTrace, "error.stack_trace", "stack_trace", "stackTrace", "err.stack", "error.stack", "exc_info", "stacktrace", "exception.stacktrace",
		"stack")
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
