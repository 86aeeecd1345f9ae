package format

import (
	"bytes"
	"errors"
	"math"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func nginxAccessSpec() Spec {
	return Spec{
		Name: "nginx.access",
		Summary: "The access log of nginx: common and combined, with what may stand before the address (a virtual host) and behind " +
			"the user agent (more fields, which stay in message). Apache's common and combined logs are the same.",
		Example: `203.0.113.7 - alice [22/Nov/2026:19:00:00 +0100] "GET /cart?id=7 HTTP/1.1" 200 512 "-" "curl/8.11.1"`,
		Fields:  accessFields,
		Parse:   func(in *Input) error { return parseAccess(in, false) },
	}
}

func nginxIngressSpec() Spec {
	return Spec{
		Name: "nginx.ingress",
		Summary: "The access log of the Kubernetes ingress controller: combined, then request length and time, the upstream's name, and " +
			"address, length, time and status of each upstream that was tried; the last one answered.",
		Example: `203.0.113.7 - - [22/Nov/2026:19:00:00 +0000] "GET /cart HTTP/2.0" 200 59 "-" "curl/8.11.1" 314 0.002 [shop-web-80] [] 10.0.3.5:8080 59 0.001 200 e096809c2cb46f00`,
		Fields: append([]string{
			"http.request.bytes", "http.request.id", "event.duration", "nginx.ingress_controller.upstream.*",
		}, accessFields...),
		Parse: parseNginxIngress,
	}
}

var errNoUpstream = errors.New("no upstream behind the user agent")

// ingressLine is what stands behind the user agent.
type ingressLine struct {
	length, duration, name, alternative []byte
	addresses, lengths, times, statuses []byte // lists
	id                                  []byte
}

func parseNginxIngress(in *Input) error {
	var l accessLine
	if err := l.cut(in); err != nil {
		return err
	}
	var g ingressLine
	if !g.cut(l.tail) {
		return errNoUpstream
	}
	l.set(in)
	g.set(in.Event)
	return nil
}

func (g *ingressLine) cut(tail []byte) (ok bool) {
	c := cursor{b: tail}
	g.length = c.word()
	c.spaces()
	g.duration = c.word()
	c.spaces()
	if g.name, ok = c.within('[', ']'); !ok {
		return false
	}
	c.spaces()
	g.alternative, _ = c.within('[', ']')
	for _, list := range [...]*[]byte{&g.addresses, &g.lengths, &g.times, &g.statuses} {
		c.spaces()
		if *list = c.list(); len(*list) == 0 {
			return false
		}
	}
	c.spaces()
	g.id = c.word()
	return isNumber(g.length)
}

// list takes words that commas or colons join: "a, b : c".
func (c *cursor) list() []byte {
	start := c.i
	for {
		c.word()
		if c.i > start && c.b[c.i-1] == ',' && c.spaces() {
			continue
		}
		if !c.lit(" : ") {
			return c.b[start:c.i]
		}
	}
}

func (g *ingressLine) set(e *event.Event) {
	const upstream = "nginx.ingress_controller.upstream."
	setCount(e, event.HTTPRequestBytes, g.length)
	setSeconds(e, g.duration)
	setUnlessDash(e, event.HTTPRequestID, g.id)
	if len(g.name) > 0 {
		setOwn(e, upstream+"name", event.String(g.name))
	}
	if len(g.alternative) > 0 {
		setOwn(e, upstream+"alternative_name", event.String(g.alternative))
	}
	if address := lastOf(g.addresses); !isDash(address) {
		setOwn(e, upstream+"address", event.String(address))
	}
	setOwnCount(e, upstream+"response.length", lastOf(g.lengths))
	setOwnCount(e, upstream+"response.status_code", lastOf(g.statuses))
	if d, ok := seconds(lastOf(g.times)); ok {
		setOwn(e, upstream+"response.duration", event.Int(int64(d)))
	}
	if bytes.IndexByte(g.addresses, ' ') >= 0 {
		setOwn(e, upstream+"tried", event.String(g.addresses))
	}
}

func lastOf(list []byte) []byte { return list[bytes.LastIndexByte(list, ' ')+1:] }

// setOwnCount sets a field that is not of ECS to a whole number.
func setOwnCount(e *event.Event, path string, digits []byte) {
	if isNumber(digits) {
		setCount(e, e.InternText(path), digits)
	}
}

// seconds reads a decimal number of seconds: no more than fit into a duration.
func seconds(b []byte) (time.Duration, bool) {
	const most = int64(math.MaxInt64/time.Second) - 1
	whole, fraction, dotted := bytes.Cut(b, []byte("."))
	if !isNumber(whole) || dotted && !isNumber(fraction) {
		return 0, false
	}
	nanos := int64(0)
	for _, c := range whole {
		nanos = nanos*10 + int64(c-'0')
	}
	if nanos > most {
		return 0, false
	}
	nanos *= int64(time.Second)
	unit := int64(time.Second)
	for _, c := range fraction {
		unit /= 10
		nanos += int64(c-'0') * unit
	}
	return time.Duration(nanos), true
}

func setSeconds(e *event.Event, b []byte) {
	if d, ok := seconds(b); ok {
		e.Set(event.EventDuration, event.Int(int64(d)))
	}
}
