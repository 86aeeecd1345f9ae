package step

import (
	"regexp"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func rerouteSpec() Spec {
	return Spec{
		Name: "reroute",
		Summary: "Sends the event to another app, and ends the pipeline for it. The app is named outright: its topic is made before the " +
			"first line reaches it.",
		Short:   "dataset",
		Example: `{"reroute": {"dataset": "shop-errors", "if": "http.response.status_code >= 500"}}`,
		Options: []Option{
			{Name: "dataset", Type: TypeText, Required: true, Summary: "the app: a-z, 0-9 and -, at most 63 characters"},
		},
		compile: func(b *Build) Step {
			app := b.Text("dataset")
			if app != "" && !appName.MatchString(app) {
				b.Problem("dataset", "%q is not the name of an app: a-z, 0-9 and -, at most 63 characters, no field of the event", app)
			}
			return &Reroute{App: app, value: event.Constant(app)}
		},
	}
}

// appName is what topics of apps may be called.
var appName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// Reroute sends an event to another app.
type Reroute struct {
	App   string
	value event.Value
}

// Run sets the app; the pipeline ends at ErrEnd.
func (s *Reroute) Run(c *Context) error {
	c.App = s.App
	c.Event.Set(event.ServiceName, s.value)
	return ErrEnd
}
