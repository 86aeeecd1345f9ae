package refine

import (
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
)

// What is missing of a file is told where its lines are searched for: each range that an
// agent left out or could not read becomes an event in the collection's app, too. No
// pipeline applies to it, and it counts as no line.

// Actions of these events.
const (
	ActionSkipped = "lines-skipped"
	ActionLost    = "lines-lost"
)

// timestamp is how documents write times.
const timestamp = "2006-01-02T15:04:05.000Z"

// missing is the document of a range.
type missing struct {
	Timestamp string `json:"@timestamp"`
	Message   string `json:"message"`
	Event     struct {
		Kind    string `json:"kind"`
		Action  string `json:"action"`
		Reason  string `json:"reason"`
		Created string `json:"created"`
	} `json:"event"`
	Log struct {
		File struct {
			Path string `json:"path"`
		} `json:"file"`
		Offset uint64 `json:"offset"`
	} `json:"log"`
	Millrace struct {
		Collection string `json:"collection"`
		Revision   string `json:"revision"`
		Bytes      uint64 `json:"missing_bytes"`
		Lines      uint64 `json:"missing_lines,omitempty"`
	} `json:"millrace"`
	Agent struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	} `json:"agent"`
	ECS struct {
		Version string `json:"version"`
	} `json:"ecs"`
	Service struct {
		Name        string `json:"name"`
		Environment string `json:"environment"`
	} `json:"service"`
	Host struct {
		Name string `json:"name"`
	} `json:"host"`
}

// ranges counts what is missing, and tells it.
func (w *Worker) ranges() {
	for i := range w.m.Segments {
		s := &w.m.Segments[i]
		switch s.Kind {
		case record.Gap:
			w.out.Tally.Gaps++
			w.out.Tally.GapBytes += s.Len
		case record.Skipped:
			w.out.Tally.SkippedLines += s.Count
		default:
			continue
		}
		if i < len(w.found) && w.found[i].Revision != nil {
			w.tell(s, w.found[i].Revision)
		}
	}
}

// tell writes the event of a range. Its id is a function of the range and the reason, so
// that it is told once however often the record comes.
func (w *Worker) tell(s *record.Segment, rev *Revision) {
	c := rev.collection
	if !c.Select.CoversHost(w.m.Host) {
		return
	}
	l := w.lane(c.App)
	text, err := json.Marshal(w.describe(s, rev))
	if err != nil {
		return // it holds nothing that JSON has no form for
	}
	text = append(text, '\n')
	h := rev.take()
	name, _, _ := rev.indexOf(h, c.App, w.m.At, w.m.At)
	rev.hands.giveBack(h)
	if fixedSize(w.m)+len(text)+eventSize(name, nil) > batch.MaxBytes {
		return
	}
	id := record.NewEventID(s.Src, s.Gen, s.Off, []byte(s.Kind.String()+" "+s.Reason))
	if !l.packs {
		l.buf = append(l.buf, text...)
		text = l.buf[len(l.buf)-len(text):]
	}
	run := &batch.Run{Index: name, Retention: uint32(c.Retention), Rev: rev.id}
	l.turn(run)
	l.add(text, &id, run, nil, w.closed, w.m)
	w.out.Tally.Told++
}

func (w *Worker) describe(s *record.Segment, rev *Revision) *missing {
	at := w.m.At.UTC().Format(timestamp)
	d := &missing{Timestamp: at}
	d.Event.Kind, d.Event.Reason, d.Event.Created = "event", s.Reason, at
	switch {
	case s.Kind == record.Gap && s.Len == 0:
		d.Event.Action = ActionLost
		d.Message = "lines are lost here, nobody knows how many: " + s.Reason
	case s.Kind == record.Gap:
		d.Event.Action = ActionLost
		d.Message = fmt.Sprintf("%d bytes are lost here: %s", s.Len, s.Reason)
	case s.Count > 0:
		d.Event.Action = ActionSkipped
		d.Message = fmt.Sprintf("%d lines of %d bytes are left out here: %s", s.Count, s.Len, s.Reason)
	default:
		d.Event.Action = ActionSkipped
		d.Message = fmt.Sprintf("%d bytes are left out here: %s", s.Len, s.Reason)
	}
	d.Log.File.Path, d.Log.Offset = s.Path, s.Off
	d.Millrace.Collection, d.Millrace.Revision = rev.collection.Name, rev.text
	d.Millrace.Bytes, d.Millrace.Lines = s.Len, s.Count
	d.Agent.ID, d.Agent.Type = w.m.Writer.ID, "millrace"
	d.ECS.Version = pipeline.ECSVersion
	d.Service.Name, d.Service.Environment = rev.collection.App, rev.collection.Env
	d.Host.Name = w.m.Host
	return d
}
