package pipeline

import (
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// origin puts into events what is known of them before any step. What stays the same over many lines is rendered once.
type origin struct {
	app, env, collection, revision, agentID string
	fixed                                   bool
	host, path                              rendered
	at                                      time.Time
	created                                 event.Value
}

// rendered is a text and its JSON.
type rendered struct {
	text  string
	value event.Value
}

func (o *origin) apply(e *event.Event, in *Input) {
	if !o.fixed || o.app != in.App || o.env != in.Env || o.collection != in.Collection || o.revision != in.Revision || o.agentID != in.AgentID {
		o.fix(e, in)
	}
	o.host.set(e, event.HostName, in.Host)
	o.path.set(e, event.LogFilePath, in.Path)
	if o.created.Bytes == nil || o.at != in.At {
		o.at = in.At
		buffer := o.created.Bytes[:0]
		buffer = append(buffer, '"')
		buffer = event.AppendTime(buffer, in.At.Unix(), int32(in.At.Nanosecond()))
		o.created = event.Quoted(append(buffer, '"'))
	}
	e.Set(event.EventCreated, o.created)
	e.Set(event.LogOffset, event.Int(int64(in.Offset)))
	if in.Part > 0 {
		e.Set(event.LogPartIndex, event.Int(int64(in.Part)))
		e.Set(event.LogPartLast, event.Bool(in.LastPart))
		e.Tag(tagPart)
	}
}

// fix renders the fields that an app, its collection and the agent decide.
func (o *origin) fix(e *event.Event, in *Input) {
	o.fixed = true
	o.app, o.env, o.collection, o.revision, o.agentID = in.App, in.Env, in.Collection, in.Revision, in.AgentID
	fields := []event.Fixed{
		{ID: event.AgentType, Value: event.Text("millrace")},
		{ID: event.ECSVersion, Value: event.Text(ECSVersion)},
	}
	for _, f := range [...]struct {
		id   event.ID
		text string
	}{
		{event.ServiceName, in.App},
		{event.ServiceEnvironment, in.Env},
		{event.MillraceCollection, in.Collection},
		{event.MillraceRevision, in.Revision},
		{event.AgentID, in.AgentID},
	} {
		if f.text != "" {
			fields = append(fields, event.Fixed{ID: f.id, Value: event.Text(f.text)})
		}
	}
	e.Fix(fields)
}

func (r *rendered) set(e *event.Event, id event.ID, text string) {
	if text == "" {
		return
	}
	if r.text != text {
		r.text, r.value = text, event.Text(text)
		if quoted, valid := event.AppendString(nil, []byte(text)); valid {
			r.value = event.Quoted(quoted) // else it is mended, and the event tagged, each time
		}
	}
	e.Set(id, r.value)
}
