package pipeline

import (
	"github.com/millrace/millrace/processors/pipeline/event"
)

// origin renders the fields that stay the same over many lines once, and again only when one changes.
type origin struct {
	fields [numOrigin]struct {
		text  string
		value event.Value
	}
}

const (
	originHost = iota
	originPath
	originApp
	originEnv
	originCollection
	originRevision
	originAgentID
	numOrigin
)

var originFields = [numOrigin]event.ID{
	event.HostName, event.LogFilePath, event.ServiceName, event.ServiceEnvironment,
	event.MillraceCollection, event.MillraceRevision, event.AgentID,
}

func (o *origin) apply(e *event.Event, in *Input) {
	o.set(e, originHost, in.Host)
	o.set(e, originPath, in.Path)
	o.set(e, originApp, in.App)
	o.set(e, originEnv, in.Env)
	o.set(e, originCollection, in.Collection)
	o.set(e, originRevision, in.Revision)
	o.set(e, originAgentID, in.AgentID)
	e.Set(event.AgentType, event.Text("millrace"))
	e.Set(event.ECSVersion, event.Text(ECSVersion))
	e.Set(event.EventCreated, event.Time(in.At))
	e.Set(event.LogOffset, event.Int(int64(in.Offset)))
	if in.Part > 0 {
		e.Set(event.LogPartIndex, event.Int(int64(in.Part)))
		e.Set(event.LogPartLast, event.Bool(in.LastPart))
		e.Tag(tagPart)
	}
}

func (o *origin) set(e *event.Event, i int, text string) {
	if text == "" {
		return
	}
	f := &o.fields[i]
	if f.text != text {
		quoted, valid := event.AppendString(nil, []byte(text))
		f.text, f.value = text, event.Quoted(quoted)
		if !valid {
			// Not kept as rendered, so that the event is tagged each time.
			f.value = event.String([]byte(text))
		}
	}
	e.Set(originFields[i], f.value)
}
