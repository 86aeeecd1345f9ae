package format

import "github.com/millrace/millrace/processors/pipeline/event"

// What kind of event a line tells of, in the words of ECS, for the few lines that tell of a login, a command or a packet. That a
// request is one of the web its fields say; fields of event that every line of a busy log had would also keep what its events
// have in common (see event.Tail) from being written once. Each is the JSON of its field.
var (
	categoryAuthentication = event.ConstantList(`["authentication"]`)

	categoryProcess = event.ConstantList(`["process"]`)
	categorySession = event.ConstantList(`["session"]`)
	categoryNetwork = event.ConstantList(`["network"]`)
	categoryIAM     = event.ConstantList(`["iam"]`)

	typeUserCreation = event.ConstantList(`["user","creation"]`)
	typeUserDeletion = event.ConstantList(`["user","deletion"]`)
	typeUserChange   = event.ConstantList(`["user","change"]`)

	typeStart = event.ConstantList(`["start"]`)

	typeEnd        = event.ConstantList(`["end"]`)
	typeConnection = event.ConstantList(`["connection"]`)

	kindEvent      = event.Constant("event")
	outcomeSuccess = event.Constant("success")
	outcomeFailure = event.Constant("failure")
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

// setStatus sets the status of a response from three digits; anything else is no status.
func setStatus(e *event.Event, b []byte) {
	if len(b) == 3 && isNumber(b) {
		setCount(e, event.HTTPResponseStatusCode, b)
	}
}
