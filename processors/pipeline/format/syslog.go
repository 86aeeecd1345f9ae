package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func syslogSpec() Spec {
	return Spec{
		Name: "syslog",
		Summary: "Syslog as it is sent or written to files: RFC 5424, RFC 3164 with or without its <priority>, the files of rsyslog " +
			"with ISO 8601 times, and what Cisco's devices make of it. A time without a year is put closest before the line was read. What sshd, " +
			"sudo, doas, su, cron, PAM, systemd-logind, useradd and the kernel's firewall say is read, too. A line that is read though it breaks " +
			"the rules of its RFC stays whole in event.original.",
		Example: `<34>Nov 22 19:00:00 web-1 sshd[2742]: Accepted publickey for alice`,
		Fields: []string{
			"@timestamp", "host.hostname", "process.name", "process.pid", "message", "log.level", "log.syslog.priority",
			"log.syslog.facility.code", "log.syslog.facility.name", "log.syslog.severity.code", "log.syslog.severity.name",
			"log.syslog.version", "log.syslog.procid", "log.syslog.msgid", "log.syslog.structured_data.*",
			"event.action", "event.outcome", "user.name", "user.effective.name", "source.address", "source.ip", "source.port", "destination.ip",
			"destination.port", "network.transport", "process.command_line", "process.working_directory",
		},
		Parse: parseSyslog,
	}
}

var (
	errPriority   = errors.New("no <priority> from 0 to 191")
	errSyslogTime = errors.New("no time where syslog has it")
	errSyslogHost = errors.New("a host name of more than 255 letters")
	errHeader     = errors.New("a header of RFC 5424 that ends too soon")
	errData       = errors.New("structured data that does not end")
)

// severities are the names of syslog's severities: ours for log.level, and the RFC's.
var severities = [8]struct{ level, name event.Value }{
	{event.Constant("emergency"), event.Constant("emergency")},
	{event.Constant("alert"), event.Constant("alert")},
	{event.Constant("critical"), event.Constant("critical")},
	{event.Constant("error"), event.Constant("error")},
	{event.Constant("warning"), event.Constant("warning")},
	{event.Constant("notice"), event.Constant("notice")},
	{event.Constant("info"), event.Constant("informational")},
	{event.Constant("debug"), event.Constant("debug")},
}

var facilities = constants(
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
	"ntp", "security", "console", "solaris-cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)

func constants(texts ...string) (values []event.Value) {
	for _, text := range texts {
		values = append(values, event.Constant(text))
	}
	return values
}

func parseSyslog(in *Input) error {
	line, priority := behindLength(in.Line), -1
	if len(line) > 0 && line[0] == '<' {
		n := 0
		if priority, n = cutPriority(line); n == 0 {
			return errPriority
		}
		line = line[n:]
	}
	if version, n := cutVersion(line); n > 0 && (priority >= 0 || isStamp(line[n:])) {
		return parse5424(in, line[n:], priority, version)
	}
	return parse3164(in, line, priority)
}

// behindLength returns the line without the length that stands before its priority where senders count octets (RFC 6587).
func behindLength(line []byte) []byte {
	if len(line) == 0 || !isDigit(line[0]) {
		return line
	}
	if number, rest, ok := bytes.Cut(line, []byte(" <")); ok && isNumber(number) {
		return line[len(line)-len(rest)-1:]
	}
	return line
}

// isStamp reports whether a text begins with a date and a T, as the header of RFC 5424 does: without a priority nothing else
// tells it from a number.
func isStamp(b []byte) bool {
	const date = len("2003-10-11")
	return len(b) > date && b[4] == '-' && b[7] == '-' && b[date] == 'T'
}

// keepLine keeps the whole line, for one that is read though it breaks the rules of its format: who wrote it may have meant
// something else.
func (in *Input) keepLine() {
	if !in.Event.Has(event.EventOriginal) {
		in.Event.Set(event.EventOriginal, event.String(in.Line))
	}
}

func cutPriority(line []byte) (priority, n int) {
	const highest = 191
	i := 1
	for ; i < len(line) && i <= 3 && isDigit(line[i]); i++ {
		priority = priority*10 + int(line[i]-'0')
	}
	if i == 1 || i >= len(line) || line[i] != '>' || priority > highest {
		return 0, 0
	}
	return priority, i + 1
}

// cutVersion reads the version of RFC 5424 with its space: 1 to 999.
func cutVersion(line []byte) (version, n int) {
	for n < len(line) && n < 3 && isDigit(line[n]) {
		version = version*10 + int(line[n]-'0')
		n++
	}
	if n == 0 || version == 0 || n >= len(line) || line[n] != ' ' {
		return 0, 0
	}
	return version, n + 1
}

func setPriority(e *event.Event, priority int) {
	if priority < 0 {
		return
	}
	severity := severities[priority%8]
	e.Set(event.SyslogPriority, event.Int(int64(priority)))
	e.Set(event.SyslogFacilityCode, event.Int(int64(priority/8)))
	e.Set(event.SyslogFacilityName, facilities[priority/8])
	e.Set(event.SyslogSeverityCode, event.Int(int64(priority%8)))
	e.Set(event.SyslogSeverityName, severity.name)
	e.Set(event.LogLevel, severity.level)
}

func isNumber(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 18
}
