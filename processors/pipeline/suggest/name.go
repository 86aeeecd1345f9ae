package suggest

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	keyBefore = regexp.MustCompile(`([A-Za-z_][\w.-]*)["']?[=:]["'(\[{]*$`)
	plainWord = regexp.MustCompile(`^[A-Za-z_][\w-]*$`)
)

// ecs are names of the Elastic Common Schema for what people write. Some of these words
// are objects there, and a text under the name would conflict with them.
var ecs = map[string]string{
	"user": "user.name", "username": "user.name", "client": "client.address", "source": "source.address", "src": "source.address",
	"destination": "destination.address", "dst": "destination.address", "host": "server.address", "server": "server.address",
	"hostname": "server.address", "file": "file.path", "url": "url.original", "uri": "url.original", "process": "process.name",
	"pid": "process.pid", "thread": "process.thread.name", "error": "error.message", "method": "http.request.method",
	"level": "log.level", "logger": "log.logger", "event": "event.action", "service": "service.type", "agent": "user_agent.original",
	"log": "log_text", "http": "http_text", "tags": "tag", "message": "text", "trace": "trace.id", "span": "span.id", "port": "source.port",
	"container": "container.name", "network": "network.name", "os": "os_name", "package": "package.name", "rule": "rule.name",
}

// fillers are words that name nothing.
var fillers = map[string]bool{
	"a": true, "an": true, "the": true, "of": true, "in": true, "on": true, "at": true, "to": true, "for": true, "by": true, "with": true,
	"from": true, "is": true, "was": true, "are": true, "and": true, "or": true, "not": true, "after": true, "as": true, "has": true,
	"took": true, "it": true, "be": true, "than": true, "via": true, "into": true, "over": true, "no": true,
}

// namer gives each field of a template a name of its own.
type namer struct{ taken map[string]int }

// name names a variable by the key before it, by what it looks like behind "from" and
// "to", by the word before it, or by what it looks like.
func (n *namer) name(before, previous string, c *class) string {
	if m := keyBefore.FindStringSubmatch(before); m != nil {
		return n.unique(m[1])
	}
	previous = strings.ToLower(strip(strings.TrimRight(previous, "=")))
	if c != nil && c.name == "ip" {
		if previous == "to" {
			return n.unique("destination.ip")
		}
		return n.unique("source.ip")
	}
	if plainWord.MatchString(previous) && !fillers[previous] {
		return n.unique(previous)
	}
	if c != nil {
		return n.unique(c.field)
	}
	return n.unique("value")
}

func (n *namer) unique(name string) string {
	name = strings.Trim(strings.ToLower(name), "-._")
	if known, ok := ecs[name]; ok {
		name = known
	}
	if name == "" {
		name = "value"
	}
	if n.taken == nil {
		n.taken = map[string]int{}
	}
	n.taken[name]++
	if n.taken[name] > 1 {
		return fmt.Sprintf("%s_%d", name, n.taken[name])
	}
	return name
}
