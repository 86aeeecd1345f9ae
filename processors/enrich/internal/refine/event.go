package refine

import (
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/batch"
)

// doing is what the pipeline's runner does with an event, to know what is to be done where it panics.
type doing uint8

const (
	nothing doing = iota
	working       // the steps run, or the document is made
	packing       // it is written into a lane
)

// events brings events to their end, one after the other. It reports false if our program failed on one of them, which is a
// dead letter then, and only that one: others may be left. To guard them all at once costs nothing, to guard each costs as
// much as a step.
func (w *Worker) events() (all bool) {
	defer w.rescue()
	for w.walk.Next(&w.raw) {
		if w.raw.Segment != w.at {
			w.enter(w.raw.Segment)
		}
		w.nth++
		w.event()
	}
	return true
}

// rescue gives up on the event on which the program failed.
func (w *Worker) rescue() {
	p := recover()
	if p == nil {
		return
	}
	switch w.doing {
	case nothing:
		panic(p) // it is not for this event, and would come again
	case packing:
		w.route.lane.pack.Back(w.mark)
	}
	w.result = w.hand.runner.GiveUp(&w.in, p)
	w.settle(nil)
}

// event brings the event at work to its end.
func (w *Worker) event() {
	raw := &w.raw
	w.out.Tally.In++
	w.out.Tally.InBytes += raw.Framed
	if w.refusal != nil {
		w.bury(w.refusal)
		return
	}
	w.id.Move(raw.Off, raw.Bytes)
	w.in.Message, w.in.Offset = raw.Bytes, raw.Off
	if w.segment.Charset != "" {
		text, ok := w.charset.text(w.segment.Charset, raw.Bytes)
		w.in.Message, w.in.Unreadable = text, !ok
	}
	w.doing = working
	w.hand.runner.Work(&w.in, &w.result)
	w.in.Follows = true
	var to *lane
	if w.result.Outcome == pipeline.Index {
		to = w.write()
	}
	w.settle(to)
}

// settle counts the event at work, which stands in a lane, or in none.
func (w *Worker) settle(in *lane) {
	w.doing = nothing
	result := &w.result
	w.out.Pipelines[w.counts].Lines++
	if result.Failed || result.Outcome == pipeline.DeadLetter {
		w.fail(w.raw.Bytes, result.Cause)
	}
	switch {
	case result.Outcome == pipeline.Drop:
		w.out.Tally.Dropped++
	case result.Outcome == pipeline.DeadLetter:
		w.bury(&Refusal{Reason: ReasonPipeline, Cause: result.Cause})
	case in == nil:
		w.bury(refuse(ReasonTooLarge, "the event's document of %d bytes does not fit a batch of %d", w.large, batch.MaxBytes))
	default:
		in.count(w.raw.Framed, result)
		w.out.Tally.Out++
		if result.Failed {
			w.out.Tally.Failed++
		}
	}
}

func (l *lane) count(framed int, result *pipeline.Result) {
	l.counts.Lines++
	l.counts.Bytes += uint64(framed)
	if result.Failed {
		l.counts.Failures++
	}
	switch result.Level {
	case "error", "critical", "alert", "emergency", "fatal":
		l.counts.Errors++
	}
}

// bury makes the event at work a dead letter.
func (w *Worker) bury(r *Refusal) {
	w.out.Tally.Dead++
	w.dead.of(r).cut(w.m, w.value, &w.raw, w.nth)
}
