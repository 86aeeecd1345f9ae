package event

// ID names an interned path. The IDs below mean the same path in every schema.
type ID uint16

// The fields that Millrace itself or its formats write. All are ECS, but for millrace.* and log.part.*.
const (
	Timestamp ID = iota
	Message
	AgentID
	AgentType
	ContainerID
	ContainerName
	DestinationAddress
	DestinationIP
	DestinationPort
	ECSVersion
	ErrorCode
	ErrorMessage
	ErrorStackTrace
	ErrorType
	EventAction
	EventCategory
	EventCode
	EventCreated
	EventDuration
	EventKind
	EventOriginal
	EventOutcome
	EventProvider
	EventType
	HostHostname
	HostName
	HTTPRequestBodyBytes
	HTTPRequestBytes
	HTTPRequestID
	HTTPRequestMethod
	HTTPRequestReferrer
	HTTPResponseBodyBytes
	HTTPResponseBytes
	HTTPResponseStatusCode
	HTTPVersion
	KubernetesContainerRestarts
	KubernetesNamespace
	KubernetesPodName
	KubernetesPodUID
	LogFilePath
	LogLevel
	LogLogger
	LogOffset
	LogOriginFileLine
	LogOriginFileName
	LogPartIndex
	LogPartLast
	SyslogAppname
	SyslogFacilityCode
	SyslogFacilityName
	SyslogHostname
	SyslogMsgID
	SyslogPriority
	SyslogProcID
	SyslogSeverityCode
	SyslogSeverityName
	SyslogVersion
	MillraceCollection
	MillraceRevision
	ProcessName
	ProcessPID
	ProcessThreadID
	ProcessThreadName
	ReportedTimestamp
	ServiceEnvironment
	ServiceName
	SourceAddress
	SourceDomain
	SourceIP
	SourcePort
	Tags
	TLSCipher
	TLSVersion
	URLDomain
	URLExtension
	URLFragment
	URLOriginal
	URLPath
	URLPort
	URLQuery
	URLScheme
	UserName
	UserAgentOriginal
	OnFailureMessage
	OnFailureStep
	OnFailureTag
	numFields
)

// None is the ID of no field.
const None = ^ID(0)

// hiddenPrefix marks fields that steps can read but that are never written.
const hiddenPrefix = "_ingest."

var fieldPaths = [numFields]string{
	Timestamp:                   "@timestamp",
	Message:                     "message",
	AgentID:                     "agent.id",
	AgentType:                   "agent.type",
	ContainerID:                 "container.id",
	ContainerName:               "container.name",
	DestinationAddress:          "destination.address",
	DestinationIP:               "destination.ip",
	DestinationPort:             "destination.port",
	ECSVersion:                  "ecs.version",
	ErrorCode:                   "error.code",
	ErrorMessage:                "error.message",
	ErrorStackTrace:             "error.stack_trace",
	ErrorType:                   "error.type",
	EventAction:                 "event.action",
	EventCategory:               "event.category",
	EventCode:                   "event.code",
	EventCreated:                "event.created",
	EventDuration:               "event.duration",
	EventKind:                   "event.kind",
	EventOriginal:               "event.original",
	EventOutcome:                "event.outcome",
	EventProvider:               "event.provider",
	EventType:                   "event.type",
	HostHostname:                "host.hostname",
	HostName:                    "host.name",
	HTTPRequestBodyBytes:        "http.request.body.bytes",
	HTTPRequestBytes:            "http.request.bytes",
	HTTPRequestID:               "http.request.id",
	HTTPRequestMethod:           "http.request.method",
	HTTPRequestReferrer:         "http.request.referrer",
	HTTPResponseBodyBytes:       "http.response.body.bytes",
	HTTPResponseBytes:           "http.response.bytes",
	HTTPResponseStatusCode:      "http.response.status_code",
	HTTPVersion:                 "http.version",
	KubernetesContainerRestarts: "kubernetes.container.restarts",
	KubernetesNamespace:         "kubernetes.namespace",
	KubernetesPodName:           "kubernetes.pod.name",
	KubernetesPodUID:            "kubernetes.pod.uid",
	LogFilePath:                 "log.file.path",
	LogLevel:                    "log.level",
	LogLogger:                   "log.logger",
	LogOffset:                   "log.offset",
	LogOriginFileLine:           "log.origin.file.line",
	LogOriginFileName:           "log.origin.file.name",
	LogPartIndex:                "log.part.index",
	LogPartLast:                 "log.part.last",
	SyslogAppname:               "log.syslog.appname",
	SyslogFacilityCode:          "log.syslog.facility.code",
	SyslogFacilityName:          "log.syslog.facility.name",
	SyslogHostname:              "log.syslog.hostname",
	SyslogMsgID:                 "log.syslog.msgid",
	SyslogPriority:              "log.syslog.priority",
	SyslogProcID:                "log.syslog.procid",
	SyslogSeverityCode:          "log.syslog.severity.code",
	SyslogSeverityName:          "log.syslog.severity.name",
	SyslogVersion:               "log.syslog.version",
	MillraceCollection:          "millrace.collection",
	MillraceRevision:            "millrace.revision",
	ProcessName:                 "process.name",
	ProcessPID:                  "process.pid",
	ProcessThreadID:             "process.thread.id",
	ProcessThreadName:           "process.thread.name",
	ReportedTimestamp:           "reported.timestamp",
	ServiceEnvironment:          "service.environment",
	ServiceName:                 "service.name",
	SourceAddress:               "source.address",
	SourceDomain:                "source.domain",
	SourceIP:                    "source.ip",
	SourcePort:                  "source.port",
	Tags:                        "tags",
	TLSCipher:                   "tls.cipher",
	TLSVersion:                  "tls.version",
	URLDomain:                   "url.domain",
	URLExtension:                "url.extension",
	URLFragment:                 "url.fragment",
	URLOriginal:                 "url.original",
	URLPath:                     "url.path",
	URLPort:                     "url.port",
	URLQuery:                    "url.query",
	URLScheme:                   "url.scheme",
	UserName:                    "user.name",
	UserAgentOriginal:           "user_agent.original",
	OnFailureMessage:            hiddenPrefix + "on_failure_message",
	OnFailureStep:               hiddenPrefix + "on_failure_processor_type",
	OnFailureTag:                hiddenPrefix + "on_failure_processor_tag",
}

// Reserved reports whether Millrace itself decides the field: where the event came from and where it goes. Steps may not
// set it, and formats keep a line's own value of it under "reported.".
func Reserved(path string) bool {
	switch path {
	case "service.name", "service.environment", "log.file.path", "log.offset", "event.created", "ecs.version":
		return true
	}
	for _, object := range [...]string{"agent", "millrace", "log.part", "_ingest", "reported"} {
		if path == object || len(path) > len(object) && path[:len(object)] == object && path[len(object)] == '.' {
			return true
		}
	}
	return false
}
