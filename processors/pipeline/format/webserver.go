package format

import (
	"bytes"
	"errors"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// webServerSpecs are the access logs of servers that write common or combined lines, as nginx does.
func webServerSpecs() []Spec {
	const line = `203.0.113.7 - alice [22/Nov/2026:19:00:00 +0100] "GET /cart?id=7 HTTP/1.1" 200 512`
	plain := func(in *Input) error { return parseAccess(in, false) }
	return []Spec{
		{
			Name: "apache.access",
			Summary: "The access logs of Apache httpd: common, combined, vhost_combined, and ssl_request_log. A - for user, referrer or user agent stays, " +
				"as in Elastic's integration. What a LogFormat of your own puts between size and referrer, or behind the user agent, stays in message alone.",
			Example: line + ` "-" "curl/8.11.1"`,
			Fields:  append([]string{"tls.version", "tls.version_protocol", "tls.cipher"}, accessFields...),
			Parse:   parseApacheAccess,
		},
		{Name: "tomcat.access", Summary: "The access log of Tomcat's AccessLogValve: common or combined.", Example: line, Fields: accessFields, Parse: plain},
		{Name: "jetty.access", Summary: "The request log of Jetty: NCSA common or extended, with or without the latency.", Example: line + ` "-" "curl/8.11.1" 3`, Fields: accessFields, Parse: plain},
		{Name: "varnish.access", Summary: "The log of varnishncsa. The URL holds the host.", Example: `203.0.113.7 - - [22/Nov/2026:19:00:00 +0000] "GET http://shop.example/cart HTTP/1.1" 200 512 "-" "curl/8.11.1"`, Fields: accessFields, Parse: plain},
		{
			Name:    "traefik.access",
			Summary: "The access log of Traefik, in its common format or in JSON.",
			Example: `203.0.113.7 - - [22/Nov/2026:19:00:00 +0000] "GET /cart HTTP/1.1" 200 512 "-" "curl/8.11.1" 262 "shop@docker" "http://10.0.3.5:8080" 2ms`,
			Fields:  append([]string{"event.duration", "traefik.access.request_count", "traefik.access.router", "traefik.access.server_url"}, accessFields...),
			Parse:   parseTraefik,
		},
	}
}

func parseApacheAccess(in *Input) error {
	if len(in.Line) == 0 || in.Line[0] != '[' {
		return parseAccess(in, true)
	}
	return parseSSLRequest(in)
}

// parseSSLRequest reads a line of ssl_request_log: [time] address protocol cipher "request" size.
func parseSSLRequest(in *Input) error {
	c := cursor{b: in.Line, i: 1}
	t, ok := c.time(in)
	if !ok || !c.lit("] ") {
		return errNoAccessTime
	}
	address := c.word()
	c.spaces()
	protocol := c.word()
	c.spaces()
	cipher := c.word()
	c.spaces()
	request, ok := c.quoted()
	if !ok {
		return errNoRequest
	}
	c.spaces()
	size := c.word()
	if !isDash(size) && !isNumber(size) {
		return errNoStatus
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	setSource(e, address)
	setTLSVersion(e, protocol)
	setUnlessDash(e, event.TLSCipher, cipher)
	setRequest(e, request)
	setCount(e, event.HTTPResponseBodyBytes, size)
	return nil
}

var errNotTraefik = errors.New("no request count, router, server and duration behind the user agent")

// parseTraefik reads a common line, behind which a count, the router, the server and the duration stand unless the request
// reached none.
func parseTraefik(in *Input) error {
	if len(in.Line) > 0 && in.Line[0] == '{' {
		return parseTraefikJSON(in)
	}
	l := accessLine{dashes: true}
	if err := l.cut(in); err != nil {
		return err
	}
	e := in.Event
	if len(l.tail) > 0 {
		c := cursor{b: l.tail}
		count := c.digits()
		c.spaces()
		router, ok1 := c.quoted()
		c.spaces()
		server, ok2 := c.quoted()
		c.spaces()
		took, err := time.ParseDuration(string(c.word()))
		if len(count) == 0 || !ok1 || !ok2 || err != nil {
			return errNotTraefik
		}
		setOwnCount(e, "traefik.access.request_count", count)
		if !isDash(router) {
			setOwn(e, "traefik.access.router", event.String(router))
		}
		if !isDash(server) {
			setOwn(e, "traefik.access.server_url", event.String(server))
		}
		e.Set(event.EventDuration, event.Int(int64(took)))
	}
	l.set(in)
	return nil
}

// traefikFields gives the keys of Traefik's JSON their fields.
var traefikFields = []struct {
	key string
	set func(e *event.Event, v event.Value)
}{
	{"ClientAddr", func(e *event.Event, v event.Value) { // beside or instead of ClientHost and ClientPort
		host, port := cutPort(v.Text())
		setSource(e, host)
		setCount(e, event.SourcePort, port)
	}},
	{"ClientHost", func(e *event.Event, v event.Value) { setSource(e, v.Text()) }},
	{"ClientPort", func(e *event.Event, v event.Value) { setCount(e, event.SourcePort, v.Text()) }},
	{"ClientUsername", func(e *event.Event, v event.Value) { setText(e, event.UserName, v.Text()) }},
	{"DownstreamStatus", func(e *event.Event, v event.Value) { setStatus(e, v.Text()) }},
	{"DownstreamContentSize", func(e *event.Event, v event.Value) { setCount(e, event.HTTPResponseBodyBytes, v.Text()) }},
	{"Duration", func(e *event.Event, v event.Value) { setCount(e, event.EventDuration, v.Text()) }},
	{"RequestMethod", func(e *event.Event, v event.Value) { setUnlessDash(e, event.HTTPRequestMethod, v.Text()) }},
	{"RequestPath", func(e *event.Event, v event.Value) { setURL(e, v.Text()) }},
	{"RequestProtocol", func(e *event.Event, v event.Value) {
		setText(e, event.HTTPVersion, bytes.TrimPrefix(v.Text(), []byte("HTTP/")))
	}},
	{"RequestHost", func(e *event.Event, v event.Value) { setUnlessDash(e, event.URLDomain, v.Text()) }},
	{"RequestPort", func(e *event.Event, v event.Value) { setCount(e, event.URLPort, v.Text()) }},
	{"RequestScheme", func(e *event.Event, v event.Value) { setUnlessDash(e, event.URLScheme, v.Text()) }},
	{"request_User-Agent", func(e *event.Event, v event.Value) { setUnlessDash(e, event.UserAgentOriginal, v.Text()) }},
	{"request_Referer", func(e *event.Event, v event.Value) { setUnlessDash(e, event.HTTPRequestReferrer, v.Text()) }},
	{"RouterName", func(e *event.Event, v event.Value) { setOwn(e, "traefik.access.router", v) }},
	{"ServiceURL", func(e *event.Event, v event.Value) { setOwn(e, "traefik.access.server_url", v) }},
	{"RequestCount", func(e *event.Event, v event.Value) { setOwn(e, "traefik.access.request_count", v) }},
}

func parseTraefikJSON(in *Input) error {
	if !bytes.Contains(in.Line, []byte(`"RequestMethod"`)) {
		return errNoRequest
	}
	if err := parseJSON(in); err != nil {
		return err
	}
	for _, f := range traefikFields {
		id := in.Event.Lookup(f.key)
		if v := in.Event.Get(id); v != nil && (v.IsText() || v.Kind == event.KindNumber) {
			value := *v
			in.Event.Remove(id)
			f.set(in.Event, value)
		}
	}
	if v := in.Event.Get(event.Message); v == nil || len(v.Text()) == 0 {
		in.Event.Set(event.Message, event.String(in.Line)) // msg is always empty
	}
	return nil
}
