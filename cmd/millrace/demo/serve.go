package demo

import (
	"fmt"
	"strings"
	"time"
)

// hit is a request as it reaches nginx.
type hit struct {
	at           time.Time
	method, path string
	size         int
	status       int // 0: what the state of the shop makes of it
}

// served is how a request ended.
type served struct {
	id     string
	status int
	took   time.Duration
}

func (s served) ok() bool { return s.status < 500 }

// level is warn where it took longer than so many milliseconds.
func (s served) level(slow int64) string {
	if s.took.Milliseconds() > slow {
		return "warn"
	}
	return "info"
}

// serve writes the access line, and what the application says where it went wrong.
func (s *Shop) serve(v *session, h hit) served {
	out := served{
		id: fmt.Sprintf("%012x", s.random.Uint64()>>16), status: h.status,
		took: time.Duration(8+s.random.ExpFloat64()*45) * time.Millisecond,
	}
	cause := s.trouble.strikes(s.random, h)
	switch {
	case cause != nil:
		out.status, out.took = cause.status, cause.took+time.Duration(s.random.IntN(900))*time.Millisecond
		h.size = 497
	case out.status != 0:
	case h.method == "GET" && s.chance(0.06):
		out.status, h.size = 304, 0
	case h.method == "GET" && h.path != "/" && h.path != "/healthz" && s.chance(0.015):
		out.status, h.size = 404, 1530
	case h.method == "POST" && h.path != "/cart":
		out.status = 302
	default:
		out.status = 200
	}
	if h.size > 1000 {
		h.size += s.random.IntN(h.size / 3)
	}
	referrer := v.referrer
	if referrer == "" {
		referrer = "-"
	}
	s.write(Access, fmt.Sprintf("%s - - [%s] \"%s %s HTTP/1.1\" %d %d %q %q rt=%.3f req=%s",
		v.address, h.at.Format("02/Jan/2006:15:04:05 -0700"), h.method, h.path, out.status, h.size, referrer, v.agent, out.took.Seconds(), out.id))
	path, _, _ := strings.Cut(h.path, "?")
	v.referrer = "https://shop.example" + path
	if cause != nil {
		s.failed(h, out, cause)
	}
	return out
}

// app writes a line of the application. extra are JSON members, each with its comma.
func (s *Shop) app(at time.Time, level, logger, message, extra string, of served) {
	s.write(App, fmt.Sprintf(`{"time":%q,"level":%q,"logger":%q,"msg":%q,%s"http":{"request":{"id":%q}},"took_ms":%d}`,
		at.Format("2006-01-02T15:04:05.000Z07:00"), level, logger, message, extra, of.id, of.took.Milliseconds()))
}

// failed writes the error of a request, with its stack trace in one field.
func (s *Shop) failed(h hit, of served, c *cause) {
	extra := fmt.Sprintf(`"error":{"type":%q,"message":%q,"stack_trace":%q},`, c.kind, c.message, c.kind+": "+c.message+"\n"+c.trace)
	s.app(h.at, "error", c.logger, h.method+" "+h.path+" failed: "+c.message, extra, of)
}
