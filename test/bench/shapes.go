package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// shape is lines of one kind, and what is done with them.
type shape struct {
	name     string
	pipeline string
	line     appender
	// proof is in each document whose line was parsed, in what is the event's own.
	proof string
	small bool // in records of a few lines, as a fleet of quiet hosts ships them
}

const (
	// combined takes nginx's combined format apart by hand.
	combined = `[{"dissect":{"pattern":"%{source.address} - %{user.name} [%{when}] \"%{http.request.method} %{url.original} HTTP/%{http.version}\" ` +
		`%{http.response.status_code} %{http.response.body.bytes} \"%{http.request.referrer}\" \"%{user_agent.original}\""}},` +
		`{"date":{"field":"when","formats":["dd/MMM/yyyy:HH:mm:ss Z"]}}]`
	// places knows the browser and the country of a visit besides.
	places = `[{"format":"nginx.access"},{"user_agent":{"field":"user_agent.original"}},{"geoip":{"field":"source.ip","target_field":"source.geo"}}]`
	// apache has patterns of Logstash do the same.
	apache = `[{"grok":{"field":"message","patterns":["%{COMBINEDAPACHELOG}"]}},{"date":{"field":"timestamp","formats":["dd/MMM/yyyy:HH:mm:ss Z"]}},` +
		`{"remove":{"field":"timestamp"}}]`
	status = `"status_code":`
)

// fullShape is what the budget speaks of.
const fullShape = "nginx+ua+geo"

// shapes are all that the processors are measured on.
var shapes = []shape{
	{name: fullShape, pipeline: places, line: appendVisit, proof: status},
	{name: "nginx", pipeline: `[{"format":"nginx.access"}]`, line: appendVisit, proof: status},
	{name: "dissect", pipeline: combined, line: appendVisit, proof: status},
	{name: "grok", pipeline: apache, line: appendVisit, proof: status},
	{name: "json", pipeline: `[{"format":"json"}]`, line: appendOrder, proof: `"took_ms":`},
	{name: "syslog", pipeline: `[{"format":"syslog"}]`, line: appendLogin, proof: `"pid":`},
	{name: "fleet", pipeline: places, line: appendVisit, proof: status, small: true},
}

// shapesOf are the shapes of these names.
func shapesOf(names []string) ([]shape, error) {
	var list []shape
	for _, name := range names {
		i := slices.IndexFunc(shapes, func(s shape) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no shape %q to measure", name)
		}
		list = append(list, shapes[i])
	}
	return list, nil
}

// id is the shape's name where only letters and hyphens may be.
func (s shape) id() string { return strings.ReplaceAll(s.name, "+", "-") }

const (
	// visiting is how many are there at a time, and requests how many each makes before
	// the next one takes the place: the page and what lies in it, some pages long.
	visiting, requests = 1000, 20
	// lineEvery lies between two lines, so that their times differ.
	lineEvery = 50 * time.Microsecond
)

// when is the time of a line, none of which lies in the future.
func when(n int, now time.Time) time.Time { return now.Add(time.Duration(n)*lineEvery - time.Hour) }

// scatter is a number that looks like chance, and is the same each time.
func scatter(n int) uint64 {
	x := uint64(n+1) * 0x9e3779b97f4a7c15
	x = (x ^ x>>31) * 0xbf58476d1ce4e5b9
	return x ^ x>>29
}

var (
	// networks are first bytes of addresses that are in use.
	networks = []byte{5, 23, 31, 37, 46, 62, 77, 78, 81, 82, 85, 88, 91, 93, 95, 109, 151, 176, 178, 185, 188, 193, 194, 212, 213, 217}
	browsers = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/%d.0",
		"Mozilla/5.0 (X11; Linux x86_64; rv:%[1]d.0) Gecko/20100101 Firefox/%[1]d.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/%dE148",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/%d.1",
	}
	// versions of each browser.
	versions = 60
)

// appendVisit appends an nginx line of about 200 bytes: a visit of a shop.
func appendVisit(dst []byte, n int, now time.Time) []byte {
	place := scatter(n) % visiting
	who := scatter(int(place) + visiting*((n+int(place)*requests)/(visiting*requests)))
	dst = fmt.Appendf(dst, "%d.%d.%d.%d - - [", networks[who%uint64(len(networks))], byte(who>>8), byte(who>>16), byte(who>>24))
	dst = when(n, now).AppendFormat(dst, "02/Jan/2006:15:04:05 -0700")
	dst = fmt.Appendf(dst, "] \"GET /catalog/item/%d?ref=%d HTTP/1.1\" %d %d \"https://shop.example.org/catalog\" \"",
		n, n%97, statuses[n%len(statuses)], 200+n%9000)
	dst = fmt.Appendf(dst, browsers[who>>32%uint64(len(browsers))], 80+who>>40%uint64(versions))
	return append(dst, "\"\n"...)
}

// appendOrder appends a line of JSON as a service writes it.
func appendOrder(dst []byte, n int, now time.Time) []byte {
	dst = append(dst, `{"time":"`...)
	dst = when(n, now).AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
	return fmt.Appendf(dst, `","level":"INFO","msg":"order placed","order":{"id":%d,"total":%d.5,"currency":"EUR"},`+
		`"user":{"id":"u-%d","plan":"gold"},"took_ms":%d,"items":["a-%d","b-2"]}`+"\n", n, n%400, scatter(n)%20_000, n%300, n%77)
}

// appendLogin appends a line of sshd as syslog writes it.
func appendLogin(dst []byte, n int, now time.Time) []byte {
	dst = append(dst, "<34>"...)
	dst = when(n, now).AppendFormat(dst, time.Stamp)
	return fmt.Appendf(dst, " web-1 sshd[%d]: Accepted publickey for user-%d from 203.0.113.%d port %d ssh2: ED25519 SHA256:%016x\n",
		1000+n%30000, n%40, n%250, 1024+n%60000, scatter(n))
}
