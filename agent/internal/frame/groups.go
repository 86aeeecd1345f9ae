package frame

import (
	"math"
	"time"

	"github.com/millrace/millrace/internal/multiline"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// Bounds of a group: of what lies between two places where no event is open. Events of
// stdout and stderr may overlap for long; what grows beyond a bound ends where it is.
const (
	groupBytes = collect.MostMaxBytes
	groupLines = record.MaxEvents
)

// Groups is the Framer of files in which an event is not just one line. It takes lines
// up to a place where no event is open, and lists the events.
//
// A line of a container belongs to its stream: the first piece of a line that came in
// pieces says whether it begins an event, the last one whether it ends one. A stream's
// event also ends when another stream is further ahead than an event may wait, by the
// stamps of the runtime.
type Groups struct {
	unit      unit
	container collect.Container
	rule      multiline.Rule
	part      int // the longest line that is one event
	maxBytes  int
	maxLines  int
	timeout   time.Duration

	// The block at work.
	block   []byte
	open    [streams]draft
	opened  int // how many of open are under way
	events  []event
	scratch []byte
	from    int // the group begins here
	lines   int // of the group
	cost    int // what the events that have ended take in the manifest at most
	taken   Cut // up to the newest place where nothing was open
	room    int
	most    int
	full    bool // something did not fit behind taken
}

// event is where the bytes of one event are, in the order of its text.
type event struct {
	first record.Span
	more  []record.Span
}

// draft is the event that a stream is at. The zero value is none.
type draft struct {
	under   bool
	event   int // index in events
	bytes   int
	lines   int
	state   uint8       // of the rule
	midline bool        // the container's line goes on
	eol     int         // length of the newest line's end, where that belongs between two lines
	tail    record.Span // the wrapping behind the text of the first line
	stamp   []byte      // of the newest line
}

func newGroups(r *collect.Reading, charset string, part int) (*Groups, error) {
	rule, err := multiline.New(r.Multiline)
	if err != nil {
		return nil, err
	}
	g := &Groups{
		unit: unitOf(charset), container: r.Container, rule: rule, part: part,
		maxBytes: groupBytes, maxLines: groupLines, timeout: Timeout(r),
	}
	if m := r.Multiline; m != nil {
		g.maxBytes, g.maxLines = min(m.MaxBytes, groupBytes), min(m.MaxLines, groupLines)
	}
	return g, nil
}

// Timeout is how long an event of files that are read in this way waits for its next line.
func Timeout(r *collect.Reading) time.Duration {
	if r.Multiline == nil || r.Multiline.Timeout <= 0 {
		return time.Duration(collect.DefaultTimeout)
	}
	return time.Duration(r.Multiline.Timeout)
}

// LastEnd implements Framer.
func (g *Groups) LastEnd(b []byte, off uint64) int { return g.unit.lastEnd(b, off) }

// Frame takes as many groups of events as it may.
func (g *Groups) Frame(ask Ask) Cut {
	if ask.Part > 0 {
		return part(ask, g.unit, g.part)
	}
	if ask.Start && len(ask.Block) > 0 && ask.Block[0] == 0 {
		if cut, ok := hole(ask, g.unit.width); ok {
			return cut
		}
	}
	g.begin(&ask)
	at := 0
	if ask.Start {
		at = g.unit.mark(ask.Block)
	}
	head := at
	for !g.full {
		n := g.unit.lineEnd(ask.Block[at:])
		if n == 0 && ask.Final {
			n = len(ask.Block) - at
		}
		if n == 0 || n > g.part {
			break
		}
		g.line(at, at+n)
		at += n
	}
	if at == head && !g.full { // not even one line
		return unended(ask, g.part, g.unit.width)
	}
	return g.finish(&ask, at)
}

func (g *Groups) begin(ask *Ask) {
	g.block, g.open, g.opened = ask.Block, [streams]draft{}, 0
	g.events, g.cost, g.taken, g.full = g.events[:0], 0, Cut{}, false
	g.from, g.lines = 0, 0
	if g.room, g.most = ask.Room, ask.Events; g.room == 0 {
		g.room = math.MaxInt
	}
}

// finish decides what becomes of the lines that are left behind the last place where
// nothing was open; at is where the first line begins that was not looked at.
func (g *Groups) finish(ask *Ask, at int) Cut {
	long := len(ask.Block)-at > g.part
	if !g.full && (ask.Due || ask.Final || long) {
		g.endAll(at)
	}
	cut := g.taken
	cut.Spans = g.spans(cut.Events)
	cut.Open = !g.full && g.opened > 0
	cut.More = g.full || long
	g.block = nil
	return cut
}

// spans lists the first n events.
func (g *Groups) spans(n int) []record.Event {
	if n == 0 {
		return nil
	}
	list := make([]record.Event, n)
	firsts := make([]record.Span, n)
	for i := range list {
		e := &g.events[i]
		firsts[i] = e.first
		list[i] = firsts[i : i+1 : i+1]
		if len(e.more) > 0 {
			list[i] = append(list[i], e.more...)
		}
	}
	return list
}

// line takes the line block[from:to], unless the events before it do not fit.
func (g *Groups) line(from, to int) {
	body := g.unit.trim(g.block[from:to])
	w := wrapped{stream: bare, to: len(body)}
	if g.container != "" {
		w = unwrap(g.container, body)
	}
	if g.opened > 0 && (to-g.from > groupBytes || g.lines >= groupLines) {
		g.endAll(from)
	}
	g.overtake(&w, from)
	d := &g.open[w.stream]
	v := g.rule(d.state, g.text(body[w.from:w.to]))
	joins := d.midline || v.Joins
	if d.under && (!joins || d.lines >= g.maxLines || d.bytes+len(body) > g.maxBytes) {
		g.end(d, from)
		if joins { // it was too much, and begins an event itself
			v = g.rule(0, g.text(body[w.from:w.to]))
		}
	}
	if g.full {
		return
	}
	if !d.midline {
		d.state = v.State
	}
	g.lines++
	g.put(d, &w, from, len(body))
	d.eol = 0
	if w.to == len(body) {
		d.eol = to - from - len(body)
	}
	if d.stamp, d.midline = w.stamp, w.partial; v.Ends && !w.partial {
		g.end(d, to)
	}
}

// text is what the rule gets to see.
func (g *Groups) text(b []byte) []byte {
	if g.unit.width == 1 {
		return b
	}
	g.scratch = g.unit.text(g.scratch[:0], b)
	return g.scratch
}

// overtake ends the events of other streams that have waited too long when w was written.
func (g *Groups) overtake(w *wrapped, from int) {
	for i := range g.open {
		d := &g.open[i]
		if i == w.stream || !d.under || len(d.stamp) == 0 || len(w.stamp) == 0 {
			continue
		}
		before, err1 := time.Parse(time.RFC3339Nano, string(d.stamp))
		now, err2 := time.Parse(time.RFC3339Nano, string(w.stamp))
		if err1 == nil && err2 == nil && now.Sub(before) > g.timeout {
			g.end(d, from)
		}
	}
}

// put adds a line of n bytes, or a piece of one, to the event of its stream.
func (g *Groups) put(d *draft, w *wrapped, from, n int) {
	d.bytes += n
	d.lines++
	if !d.under {
		d.under, d.event = true, len(g.events)
		g.opened++
		g.events = append(g.events, event{first: span(from, from+w.to)})
		d.tail = span(from+w.to, from+n)
		return
	}
	e := &g.events[d.event]
	if !d.midline {
		e.last().Len += uint32(d.eol)
	}
	e.add(span(from+w.from, from+w.to))
}

func span(from, to int) record.Span { return record.Span{Off: uint32(from), Len: uint32(to - from)} }

func (e *event) last() *record.Span {
	if n := len(e.more); n > 0 {
		return &e.more[n-1]
	}
	return &e.first
}

func (e *event) add(s record.Span) {
	if last := e.last(); last.Off+last.Len == s.Off {
		last.Len += s.Len
		return
	}
	e.more = append(e.more, s)
}

// end ends the event of a stream. Where no other is open, what lies before pos may be
// taken.
func (g *Groups) end(d *draft, pos int) {
	e := &g.events[d.event]
	if d.tail.Len > 0 {
		e.add(d.tail)
	}
	g.cost += record.EventBound(1 + len(e.more))
	*d = draft{}
	if g.opened--; g.opened > 0 {
		return
	}
	if g.full = g.full || len(g.events) > g.most || pos+g.cost > g.room; !g.full {
		g.taken = Cut{Len: pos, Events: len(g.events)}
		g.from, g.lines = pos, 0
	}
}

func (g *Groups) endAll(pos int) {
	for i := range g.open {
		if d := &g.open[i]; d.under {
			g.end(d, pos)
		}
	}
}
