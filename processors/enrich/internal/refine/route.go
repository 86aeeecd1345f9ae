package refine

import (
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/topic"
)

// route is where an event of the segment at work goes. The next one goes there, too,
// nearly always.
type route struct {
	app      string // as the pipeline names it
	from, to int64  // the times of which events go there, to excluded; Unix seconds
	lane     *lane
	run      batch.Run
}

// routeOf is the route of the event at work.
func (w *Worker) routeOf(result *pipeline.Result) *route {
	r := &w.route
	if t := result.Time.Unix(); t < r.from || t >= r.to || r.app != result.App {
		w.turn(result)
	}
	return r
}

// turn turns to another route.
func (w *Worker) turn(result *pipeline.Result) {
	app := w.in.App
	if result.App != app && topic.CheckApp(result.App) == nil {
		app = result.App
	}
	r := &w.route
	r.app, r.lane = result.App, w.lane(app)
	r.run = batch.Run{Retention: uint32(w.rev.collection.Retention), Rev: w.rev.id}
	r.run.Index, r.from, r.to = w.rev.indexOf(w.hand, app, result.Time, w.m.At)
	r.lane.turn(&r.run)
}

// lane is the lane of an app in the record at work. There are few in a record.
func (w *Worker) lane(app string) *lane {
	for _, l := range w.lanes {
		if l.app == app {
			return l
		}
	}
	l := w.takeLane()
	l.reset(app, w.m, len(w.value) >= packFrom)
	w.lanes = append(w.lanes, l)
	return l
}

func (w *Worker) takeLane() *lane {
	n := len(w.spare) - 1
	if n < 0 {
		return &lane{}
	}
	l := w.spare[n]
	w.spare = w.spare[:n]
	return l
}
