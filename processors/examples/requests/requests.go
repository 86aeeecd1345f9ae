// Package requests is an example processor: it counts the requests and bytes of each
// client, by the host that served them, in the table requests-table.
//
// Counts are exact through crashes of every part. Each host keeps the clients that were
// seen first, up to the setting clients, and adds the others up under "other".
package requests

import "github.com/millrace/millrace/processors"

// Usage is what one client used.
type Usage struct {
	Requests int64 `json:"requests"`
	Bytes    int64 `json:"bytes"`
}

// Clients are a host's clients by their addresses.
type Clients map[string]Usage

// other stands for all clients that have no place of their own.
const other = "other"

// Processor counts access events of all apps.
var Processor = processors.Processor{
	Name:  "requests",
	About: "requests and bytes of each client, by host",
	Spec: func(s *processors.Settings) processors.Spec {
		most := s.Int("clients", 1000)
		return processors.Count(func(clients *Clients, b *processors.Batch) {
			for event := range b.Events() {
				clients.add(event, most)
			}
		}, nil)
	},
}

func (c Clients) add(event *processors.Event, most int) {
	client, ok := event.Text("source.ip")
	if !ok {
		client, ok = event.Text("source.address")
	}
	if !ok {
		return // no access event
	}
	used, known := c[string(client)]
	if !known && len(c) >= most {
		client = []byte(other)
		used = c[other]
	}
	bytes, _ := event.Int("http.response.body.bytes")
	c[string(client)] = Usage{Requests: used.Requests + 1, Bytes: used.Bytes + bytes}
}
