package format

import (
	"bytes"
	"errors"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

func syslogSpec() Spec {
	return Spec{
		Name: "syslog",
		Summary: "Syslog as it is sent or written to files: RFC 5424, RFC 3164 with or without its <priority>, and the files of rsyslog " +
			"with ISO 8601 times. A time without a year is put closest before the line was read. What sshd, sudo, su, cron, PAM and the kernel's " +
			"firewall say is read, too.",
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
	line, priority := in.Line, -1
	if len(line) > 0 && line[0] == '<' {
		n := 0
		if priority, n = cutPriority(line); n == 0 {
			return errPriority
		}
		line = line[n:]
		if version, n := cutVersion(line); n > 0 {
			return parse5424(in, line[n:], priority, version)
		}
	}
	return parse3164(in, line, priority)
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

// header3164 is a line of RFC 3164 cut into its parts.
type header3164 struct {
	when               time.Time
	host, tag, message []byte
}

// parse3164 reads time, host, tag and message.
func parse3164(in *Input, line []byte, priority int) error {
	var h header3164
	if err := h.cut(in, line); err != nil {
		return err
	}
	setPriority(in.Event, priority)
	h.set(in.Event)
	return nil
}

func (h *header3164) cut(in *Input, line []byte) error {
	t, n := layout.Syslog(line, in.At, in.Location)
	if n == 0 {
		t, n = layout.ISO(line, in.Location)
	}
	if n < len("Feb 9 21:19:40") || n < len(line) && line[n] != ' ' && line[n] != ':' {
		return errSyslogTime
	}
	if n < len(line) && line[n] == ':' {
		n++ // Cisco
	}
	h.when, h.message = t, bytes.TrimLeft(line[n:], " ")
	if host, after, ok := cutHost(h.message); ok {
		h.host, h.message = host, after
	}
	if tag, message, ok := cutTag(h.message); ok {
		h.tag, h.message = tag, message
	}
	return nil
}

func (h *header3164) set(e *event.Event) {
	e.Set(event.Timestamp, event.Time(h.when))
	if h.host != nil {
		e.Set(event.HostHostname, event.String(h.host))
	}
	if h.tag != nil {
		setTag(e, h.tag)
	}
	e.Set(event.Message, event.String(h.message))
	setProgram(e, programOf(h.tag), h.message)
}

// programOf is the name in a tag: sshd of sshd[2742].
func programOf(tag []byte) []byte {
	if at := bytes.IndexByte(tag, '['); at > 0 {
		return tag[:at]
	}
	return tag
}

// cutHost cuts the host; a line written locally starts with its tag instead.
func cutHost(b []byte) (host, rest []byte, ok bool) {
	at := bytes.IndexByte(b, ' ')
	if at <= 0 || b[at-1] == ':' {
		return nil, b, false
	}
	return b[:at], b[at+1:], true
}

// maxTag bounds a tag; what is longer is message.
const maxTag = 128

// cutTag cuts name: or name[pid]: off. A name with spaces is taken for one only if a bracket ends it, as macOS writes
// "Google Chrome[85294]:".
func cutTag(b []byte) (tag, message []byte, ok bool) {
	at := bytes.IndexByte(b, ':')
	for at > 0 && at+1 < len(b) && b[at+1] != ' ' && at < maxTag {
		next := bytes.IndexByte(b[at+1:], ':') // a colon inside a name
		if next < 0 || bytes.IndexByte(b[:at], ' ') >= 0 {
			return nil, nil, false
		}
		at += 1 + next
	}
	if at <= 0 || at > maxTag {
		return nil, nil, false
	}
	tag = b[:at]
	if end := tag[at-1]; bytes.IndexByte(tag, ' ') >= 0 && end != ']' && end != ')' {
		return nil, nil, false
	}
	message = b[at+1:]
	if len(message) > 0 && message[0] == ' ' {
		message = message[1:]
	}
	return tag, message, true
}

func setTag(e *event.Event, tag []byte) {
	if tag[len(tag)-1] == ']' {
		if open := bytes.LastIndexByte(tag, '['); open > 0 {
			if pid := tag[open+1 : len(tag)-1]; isNumber(pid) {
				setCount(e, event.ProcessPID, pid)
				tag = tag[:open]
			}
		}
	}
	e.Set(event.ProcessName, event.String(tag))
}

func isNumber(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 18
}
