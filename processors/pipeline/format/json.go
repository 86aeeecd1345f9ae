package format

import (
	"bytes"
	"errors"
	"math/bits"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

func jsonSpec() Spec {
	return Spec{
		Name: "json",
		Summary: "One JSON object. Fields keep their paths, dots in keys being levels; the names that loggers use for time, level, " +
			"message, logger, thread, pid, host, request, response, error, trace and place in the source become those of ECS. Fields that say where the event came " +
			"from (service.name, agent.*, log.file.path, …) go under reported. Of a key that is there twice the first counts. " +
			"Numbers keep every digit; arrays stay as they are.",
		Example: `{"time":"2026-11-22T19:00:00.123Z","level":"warn","msg":"slow","took_ms":1250}`,
		Fields: []string{
			"@timestamp", "log.level", "message", "log.logger", "process.pid", "process.thread.name", "host.hostname",
			"http.request.method", "http.request.referrer", "http.response.status_code", "http.response.body.bytes",
			"event.duration", "source.address", "source.ip", "url.*", "user_agent.original", "error.*", "log.origin.*", "trace.id", "span.id",
			"and the line's own",
		},
		Parse: parseJSON,
	}
}

// maxFields is how many fields of a line Elasticsearch takes into one index by default.
const maxFields = 1000

var (
	errNotObject = errors.New("not a JSON object")
	errTooMany   = errors.New("more than 1000 fields")
)

func parseJSON(in *Input) error {
	s := &in.Scratch
	s.pairs = s.pairs[:0]
	if err := s.object(in.Event, in.Line); err != nil {
		return err
	}
	return s.commit(in, numRanks)
}

// object flattens a line that is one JSON object into s.pairs.
func (s *Scratch) object(e *event.Event, line []byte) error {
	r := &s.reader
	*r = reader{b: line, e: e, s: s}
	r.space()
	if r.peek() != '{' {
		return errNotObject
	}
	s.path = s.path[:0]
	if err := r.fields(0); err != nil {
		return err
	}
	r.space()
	if r.i < len(line) {
		return r.fail("text behind the object")
	}
	return nil
}

// commit sets what was found; names of roles with a rank that is not below the given one stay what they are. The pairs are
// walked backwards so that the first of equal keys wins.
func (s *Scratch) commit(in *Input, below uint8) error {
	e := in.Event
	if err := s.unwrap(e); err != nil {
		return err
	}
	var best [numRoles]uint16 // index + 1 of the pair that plays a role
	var played uint32         // a bit for each role that one does
	for i := range s.pairs {
		if known := s.role(e, s.pairs[i].id); known.role != roleNone && known.rank < below {
			if held := best[known.role]; held == 0 || known.rank < s.role(e, s.pairs[held-1].id).rank {
				if fits(known.role, &s.pairs[i].value) {
					best[known.role] = uint16(i + 1)
					played |= 1 << known.role
				}
			}
		}
	}
	const request = 1<<roleStatus | 1<<roleMethod
	if status := best[roleStatus]; played&request == 1<<roleStatus && s.role(e, s.pairs[status-1].id).rank >= jsonRank {
		best[roleStatus] = 0 // of something else than a request
		played &^= 1 << roleStatus
	}
	for i := len(s.pairs) - 1; i >= 0; i-- {
		p := &s.pairs[i]
		if p.id == event.Message && !p.value.IsText() {
			continue // the line stays the message
		}
		known := s.role(e, p.id)
		if known.role != roleNone && int(best[known.role]) == i+1 {
			continue
		}
		e.Set(p.id, p.value)
	}
	for ; played != 0; played &= played - 1 {
		role := role(bits.TrailingZeros32(played))
		if p := s.pairs[best[role]-1]; !play(in, role, p.value) {
			e.Set(p.id, p.value)
		}
	}
	return nil
}

// unwrap puts the fields of a JSON object that stands as text in "log", as container runtimes wrap it, beside the others.
func (s *Scratch) unwrap(e *event.Event) error {
	for i := range s.pairs {
		p := s.pairs[i]
		if e.Path(p.id) != "log" || !p.value.IsText() {
			continue
		}
		text := bytes.TrimSpace(p.value.Text())
		if len(text) < 2 || text[0] != '{' {
			return nil
		}
		before := len(s.pairs)
		if err := s.object(e, text); err != nil {
			s.pairs = s.pairs[:before]
			return nil //nolint:nilerr // text that is no JSON stays text
		}
		s.pairs[i] = s.pairs[len(s.pairs)-1]
		s.pairs = s.pairs[:len(s.pairs)-1]
		return nil
	}
	return nil
}

// severityNumber names the levels of syslog that GELF and others write as numbers; other numbers stay what they are.
func severityNumber(b []byte) event.Value {
	if len(b) != 1 || b[0] > '7' {
		return event.String(b)
	}
	return severities[b[0]-'0'].level
}

// readTime reads the time of a logger: any usual spelling, or a count since 1970 whose size tells its unit.
func readTime(v *event.Value, at time.Time, loc *time.Location) (t time.Time, ok bool) {
	text := v.Text()
	if v.Kind != event.KindNumber {
		if !v.IsText() {
			return t, false
		}
		if t, n := layout.ISO(text, loc); n > 0 && n == len(text) {
			return t, true
		}
		if t, n := layout.Any(text, at, loc); n > len("15:04:05") && n == len(text) {
			return t, true
		}
	}
	return readEpoch(text)
}

// readEpoch reads seconds, milli-, micro- or nanoseconds since 1970 by the number of their digits, from 1973 on.
func readEpoch(text []byte) (time.Time, bool) {
	whole := bytes.IndexByte(text, '.')
	if whole < 0 {
		whole = len(text)
	}
	switch {
	case whole < 9:
		return time.Time{}, false
	case whole <= 11:
		return layout.Unix(text, 0)
	case whole <= 14:
		return layout.Unix(text, 3)
	case whole <= 17:
		return layout.Unix(text, 6)
	}
	if len(text) > 9 && whole == len(text) && whole <= 19 {
		return layout.UnixNano(text)
	}
	return time.Time{}, false
}
