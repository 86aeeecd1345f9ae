package grok

import (
	"maps"
	"slices"
)

// Names lists the patterns of the library.
func Names() []string { return slices.Sorted(maps.Keys(library)) }

// library holds the well-known pattern names with definitions of our own; captures bear the names of ECS.
var library = map[string]string{
	// words and numbers
	"USERNAME": `[a-zA-Z0-9._-]+`, "USER": `%{USERNAME}`,
	"INT": `[+-]?[0-9]+`, "BASE10NUM": `[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)`, "NUMBER": `%{BASE10NUM}`,
	"BASE16NUM": `[+-]?(?:0x)?[0-9A-Fa-f]+`, "BASE16FLOAT": `\b[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)\b`,
	"POSINT": `\b[1-9][0-9]*\b`, "NONNEGINT": `\b[0-9]+\b`, "WORD": `\b\w+\b`, "NOTSPACE": `\S+`, "SPACE": `\s*`,
	"DATA": `.*?`, "GREEDYDATA": `.*`,
	"QUOTEDSTRING": `(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|` + "`(?:[^`\\\\]|\\\\.)*`)", "QS": `%{QUOTEDSTRING}`,
	"UUID": `[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}`,
	"URN":  `urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+`,

	// networks
	"EMAILLOCALPART": `[a-zA-Z0-9!#$%&'*+/=?^_{|}~-]+(?:\.[a-zA-Z0-9!#$%&'*+/=?^_{|}~-]+)*`, "EMAILADDRESS": `%{EMAILLOCALPART}@%{HOSTNAME}`,
	"MAC": `(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})`, "CISCOMAC": `(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4}`,
	"WINDOWSMAC": `(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}`, "COMMONMAC": `(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}`,
	"IPV4": octet + `\.` + octet + `\.` + octet + `\.` + octet, "IPV6": ipv6, "IP": `(?:%{IPV6}|%{IPV4})`,
	"HOSTNAME": `\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\.?`,
	"IPORHOST": `(?:%{IP}|%{HOSTNAME})`, "HOSTPORT": `%{IPORHOST}:%{POSINT}`,

	// paths and URIs
	"PATH": `(?:%{UNIXPATH}|%{WINPATH})`, "UNIXPATH": `(?:/[\w_%!$@:.,+~-]*)+`, "TTY": `/dev/(?:pts|tty(?:[pq])?)(?:\w+)?/?(?:[0-9]+)`,
	"WINPATH":  `(?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+`,
	"URIPROTO": `[A-Za-z][A-Za-z0-9+.-]+`, "URIHOST": `%{IPORHOST}(?::%{POSINT})?`,
	"URIPATH": `(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+`, "URIQUERY": `[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\[\]<>-]*`,
	"URIPARAM": `\?%{URIQUERY}`, "URIPATHPARAM": `%{URIPATH}(?:\?%{URIQUERY})?`,
	"URI": `%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATH}(?:\?%{URIQUERY})?)?`,

	// times
	"MONTH":    `\b(?:[Jj]an(?:uary|uar)?|[Ff]eb(?:ruary|ruar)?|[Mm]a?r(?:ch|z)?|[Aa]pr(?:il)?|[Mm]a(?:y|i)?|[Jj]un(?:e|i)?|[Jj]ul(?:y|i)?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo](?:c|k)?t(?:ober)?|[Nn]ov(?:ember)?|[Dd]e(?:c|z)(?:ember)?)\b`,
	"MONTHNUM": `(?:0[1-9]|1[0-2]|[1-9])`, "MONTHNUM2": `(?:0[1-9]|1[0-2])`, "MONTHDAY": `(?:0[1-9]|[12][0-9]|3[01]|[1-9])`,
	"DAY":  `(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)`,
	"YEAR": `(?:[0-9][0-9]){1,2}`, "HOUR": `(?:2[0123]|[01]?[0-9])`, "MINUTE": `[0-5][0-9]`, "SECOND": `(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?`,
	"TIME":    `%{HOUR}:%{MINUTE}(?::%{SECOND})`,
	"DATE_US": `%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}`, "DATE_EU": `%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}`, "DATE": `(?:%{DATE_US}|%{DATE_EU})`,
	"ISO8601_TIMEZONE": `(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))`, "ISO8601_SECOND": `%{SECOND}`,
	"TIMESTAMP_ISO8601": `%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?`,
	"DATESTAMP":         `%{DATE}[- ]%{TIME}`, "TZ": `(?:[APMCE][SD]T|UTC)`,
	"DATESTAMP_RFC822":   `%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}`,
	"DATESTAMP_RFC2822":  `%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}`,
	"DATESTAMP_OTHER":    `%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}`,
	"DATESTAMP_EVENTLOG": `%{YEAR}%{MONTHNUM2}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}`,
	"HTTPDATE":           `%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}`,

	// syslog
	"SYSLOGTIMESTAMP": `%{MONTH} +%{MONTHDAY} %{TIME}`, "PROG": `[\x21-\x5a\x5c\x5e-\x7e]+`, "SYSLOGHOST": `%{IPORHOST}`,
	"SYSLOGPROG":     `%{PROG:process.name}(?:\[%{POSINT:process.pid:int}\])?`,
	"SYSLOGFACILITY": `<%{NONNEGINT:log.syslog.facility.code:int}\.%{NONNEGINT:log.syslog.priority:int}>`,
	"SYSLOGBASE":     `%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:host.hostname} %{SYSLOGPROG}:`,
	"SYSLOGLINE":     `%{SYSLOGBASE} %{GREEDYDATA:message}`,
	"LOGLEVEL": `(?:[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo(?:rmation)?|INFO(?:RMATION)?|[Ww]arn(?:ing)?|WARN(?:ING)?` +
		`|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|EMERG(?:ENCY)?|[Ee]merg(?:ency)?)`,

	// web servers
	"HTTPDUSER": `(?:%{EMAILADDRESS}|%{USER})`, "HTTPDERROR_DATE": `%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{YEAR}`,
	"HTTPD_COMMONLOG": `%{IPORHOST:source.address} (?:-|%{HTTPDUSER:apache.access.user.identity}) (?:-|%{HTTPDUSER:user.name}) \[%{HTTPDATE:timestamp}\] ` +
		`"(?:%{WORD:http.request.method} %{NOTSPACE:url.original}(?: HTTP/%{NUMBER:http.version})?|%{DATA})" ` +
		`(?:-|%{INT:http.response.status_code:int}) (?:-|%{INT:http.response.body.bytes:int})`,
	"HTTPD_COMBINEDLOG": `%{HTTPD_COMMONLOG} "(?:-|%{DATA:http.request.referrer})" "(?:-|%{DATA:user_agent.original})"`,
	"COMMONAPACHELOG":   `%{HTTPD_COMMONLOG}`, "COMBINEDAPACHELOG": `%{HTTPD_COMBINEDLOG}`,
	"HTTPD20_ERRORLOG": `\[%{HTTPDERROR_DATE:timestamp}\] \[%{LOGLEVEL:log.level}\] (?:\[client %{IPORHOST:source.address}\] )?%{GREEDYDATA:message}`,
	"HTTPD24_ERRORLOG": `\[%{HTTPDERROR_DATE:timestamp}\] \[(?:%{WORD:apache.error.module})?:%{LOGLEVEL:log.level}\] ` +
		`\[pid %{POSINT:process.pid:int}(?::tid %{INT:process.thread.id:int})?\](?: \(%{POSINT:apache.error.proxy.error.code}\)%{DATA:apache.error.proxy.error.message}:)?` +
		`(?: \[client %{IPORHOST:source.address}(?::%{POSINT:source.port:int})?\])?(?: %{DATA:error.code}:)? %{GREEDYDATA:message}`,
	"HTTPD_ERRORLOG": `(?:%{HTTPD20_ERRORLOG}|%{HTTPD24_ERRORLOG})`,

	// Java
	"JAVACLASS": `(?:[a-zA-Z$_][a-zA-Z$_0-9]*\.)*[a-zA-Z$_][a-zA-Z$_0-9]*`, "JAVAFILE": `[a-zA-Z$_0-9. -]+`, "JAVAMETHOD": `(?:<(?:cl)?init>|[a-zA-Z$_][a-zA-Z$_0-9]*)`,
	"JAVASTACKTRACEPART": `%{SPACE}at %{JAVACLASS:java.log.origin.class.name}\.%{JAVAMETHOD:log.origin.function}\(%{JAVAFILE:log.origin.file.name}(?::%{INT:log.origin.file.line:int})?\)`,
	"JAVATHREAD":         `(?:[A-Z]{2}-Processor[0-9]+)`, "JAVALOGMESSAGE": `.*`,

	// others
	"REDISTIMESTAMP": `%{MONTHDAY} %{MONTH} %{TIME}`, "REDISLOG": `\[%{POSINT:process.pid:int}\] %{REDISTIMESTAMP:timestamp} \*`,
	"RUBY_LOGLEVEL": `(?:DEBUG|FATAL|ERROR|WARN|INFO)`,
	"CRON_ACTION":   `[A-Z ]+`,
	"CRONLOG":       `%{SYSLOGBASE} \(%{USER:user.name}\) %{CRON_ACTION:system.cron.action} \(%{DATA:message}\)`,
	"POSTGRESQL":    `%{DATESTAMP:timestamp} %{TZ:event.timezone} %{DATA:user.name} %{GREEDYDATA:postgresql.log.connection_id} %{POSINT:process.pid:int}`,
	"HAPROXYTIME":   `%{HOUR}:%{MINUTE}(?::%{SECOND})`, "HAPROXYDATE": `%{MONTHDAY}/%{MONTH}/%{YEAR}:%{HAPROXYTIME}\.%{INT}`,
}

const (
	octet = `(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})`
	h16   = `[0-9A-Fa-f]{1,4}`
	v4    = octet + `(?:\.` + octet + `){3}`
	// ipv6 tries addresses with many groups before :: first.
	ipv6 = `(?:(?:` + h16 + `:){7}(?:` + h16 + `|:)` +
		`|(?:` + h16 + `:){6}(?::` + h16 + `|` + v4 + `|:)` +
		`|(?:` + h16 + `:){5}(?:(?::` + h16 + `){1,2}|:` + v4 + `|:)` +
		`|(?:` + h16 + `:){4}(?:(?::` + h16 + `){1,3}|(?::` + h16 + `)?:` + v4 + `|:)` +
		`|(?:` + h16 + `:){3}(?:(?::` + h16 + `){1,4}|(?::` + h16 + `){0,2}:` + v4 + `|:)` +
		`|(?:` + h16 + `:){2}(?:(?::` + h16 + `){1,5}|(?::` + h16 + `){0,3}:` + v4 + `|:)` +
		`|` + h16 + `:(?:(?::` + h16 + `){1,6}|(?::` + h16 + `){0,4}:` + v4 + `|:)` +
		`|:(?:(?::` + h16 + `){1,7}|(?::` + h16 + `){0,5}:` + v4 + `|:))(?:%[0-9A-Za-z]+)?`
)
