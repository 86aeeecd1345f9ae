// Package failures is an example processor: it follows the share of 5xx responses by
// app, host and minute of the events' time, and writes an alert as soon as that of a
// minute is above a threshold. After a crash an alert may be written twice.
package failures

import (
	"encoding/json"
	"time"

	"github.com/millrace/millrace/processors"
)

// Minute counts the responses of one minute.
type Minute struct {
	Start     time.Time `json:"start"`
	Responses int       `json:"responses"`
	Failed    int       `json:"failed"`
	Told      bool      `json:"told,omitempty"` // there is an alert
}

// App is what is known of an app on one host: its newest minute, and its last alerts.
// When the batch that raised an alert is delivered again, so is the alert.
type App struct {
	Minute
	Alerts []Alert `json:"alerts,omitempty"`
}

// Alert says that too many responses failed. Its key is "app/host".
type Alert struct {
	App   string `json:"app"`
	Host  string `json:"host"`
	Batch string `json:"batch"`
	Minute
}

// Processor watches access events of all apps.
var Processor = processors.Processor{
	Name:  "failures",
	About: "alerts when too many responses of an app on a host are 5xx",
	Spec: func(s *processors.Settings) processors.Spec {
		share, least, to := s.Float("share", 0.05), s.Int("responses", 100), s.String("topic", "alerts")
		spec := processors.Count(func(apps *map[string]App, b *processors.Batch) {
			app := (*apps)[b.App]
			for event := range b.Events() {
				app.add(event)
				if !app.Told && app.Responses >= least && float64(app.Failed) > share*float64(app.Responses) {
					app.Told = true
					app.Alerts = append(app.Alerts, Alert{b.App, b.Host, b.ID(), app.Minute})
				}
			}
			app.Alerts = app.Alerts[max(0, len(app.Alerts)-16):] // more than are under way at once
			if app.Responses > 0 {
				(*apps)[b.App] = app
			}
		}, func(c *processors.Context, apps *map[string]App, b *processors.Batch) {
			for _, alert := range (*apps)[b.App].Alerts {
				if alert.Batch == b.ID() {
					text, _ := json.Marshal(alert) // nothing in it can fail
					c.Emit(to, b.App+"/"+b.Host, text)
				}
			}
		})
		spec.Outputs = []string{to}
		return spec
	},
}

// add counts an event unless it is no response, or one that comes late.
func (m *Minute) add(event *processors.Event) {
	status, ok := event.Int("http.response.status_code")
	at, dated := event.Time("@timestamp")
	start := at.Truncate(time.Minute)
	if !ok || !dated || start.Before(m.Start) {
		return
	} else if start.After(m.Start) {
		*m = Minute{Start: start}
	}
	if m.Responses++; status >= 500 {
		m.Failed++
	}
}
