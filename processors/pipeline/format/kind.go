package format

import "github.com/millrace/millrace/processors/pipeline/event"

// What kind of event a line tells of, in the words of ECS. Each is the JSON of its field.
var (
	categoryWeb            = event.Raw([]byte(`["web"]`))
	categoryAuthentication = event.Raw([]byte(`["authentication"]`))

	categoryProcess  = event.Raw([]byte(`["process"]`))
	categorySession  = event.Raw([]byte(`["session"]`))
	categoryNetwork  = event.Raw([]byte(`["network"]`))
	categoryDatabase = event.Raw([]byte(`["database"]`))

	typeAccess = event.Raw([]byte(`["access"]`))
	typeStart  = event.Raw([]byte(`["start"]`))

	typeEnd        = event.Raw([]byte(`["end"]`))
	typeConnection = event.Raw([]byte(`["connection"]`))
	typeInfo       = event.Raw([]byte(`["info"]`))

	kindEvent      = event.Quoted([]byte(`"event"`))
	outcomeSuccess = event.Quoted([]byte(`"success"`))
	outcomeFailure = event.Quoted([]byte(`"failure"`))
	outcomeNone    event.Value
)

// setKind says what an event is about. An outcome of outcomeNone is left out.
func setKind(e *event.Event, category, kind, outcome event.Value) {
	e.Set(event.EventKind, kindEvent)
	e.Set(event.EventCategory, category)
	e.Set(event.EventType, kind)
	if outcome.Kind != event.KindNull {
		e.Set(event.EventOutcome, outcome)
	}
}

// setStatus sets the status of a response, and what it says of the request.
func setStatus(e *event.Event, status int) {
	const least, failed = 100, 400
	e.Set(event.HTTPResponseStatusCode, event.Int(int64(status)))
	switch {
	case status < least:
		setKind(e, categoryWeb, typeAccess, outcomeNone)
	case status < failed:
		setKind(e, categoryWeb, typeAccess, outcomeSuccess)
	default:
		setKind(e, categoryWeb, typeAccess, outcomeFailure)
	}
}

// setStatusText is setStatus for three digits; anything else is no status.
func setStatusText(e *event.Event, b []byte) {
	if len(b) == 3 && isNumber(b) {
		setStatus(e, int(b[0]-'0')*100+int(b[1]-'0')*10+int(b[2]-'0'))
	}
}
