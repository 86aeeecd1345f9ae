package tail

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/schemas/record"
)

// rotated is a log that is written, copied and truncated while its tailer hears of all that
// and takes its turns whenever it pleases.
type rotated struct {
	*rig
	rnd    *rand.Rand
	now    time.Time
	lines  int
	text   string // of the log
	half   string // what is missing of its last line
	copies int
	unmet  []string // copies that the tailer has not heard of
}

// grow appends lines, and possibly the beginning of one more.
func (m *rotated) grow() {
	text := m.half
	m.half = ""
	for range 1 + m.rnd.IntN(5) {
		text += m.line()
	}
	if m.rnd.IntN(2) == 0 {
		line := m.line()
		at := 1 + m.rnd.IntN(len(line)-1)
		text, m.half = text+line[:at], line[at:]
	}
	m.text += text
	m.append("app.log", text)
}

func (m *rotated) line() string {
	m.lines++
	return fmt.Sprintf("line %d of the log\n", m.lines)
}

// rotate copies the log, in one piece or two, and cuts it. A line that was torn is whole
// by then: what is cut in its midst is no line.
func (m *rotated) rotate() {
	m.text += m.half
	m.append("app.log", m.half)
	m.half = ""
	m.copies++
	name := fmt.Sprintf("app.log.%d", m.copies)
	first := m.rnd.IntN(len(m.text) + 1)
	m.write(name, m.text[:first])
	m.unmet = append(m.unmet, name)
	if m.rnd.IntN(3) == 0 {
		m.hear()
		m.step()
	}
	m.append(name, m.text[first:])
	m.cut("app.log")
	m.text = ""
}

// hear has the tailer meet the copy that was made first of those that it has not met.
func (m *rotated) hear() {
	if len(m.unmet) > 0 {
		m.met(m.unmet[0])
		m.unmet = m.unmet[1:]
	}
}

// step takes one turn, if there is one to take.
func (m *rotated) step() {
	if len(m.queue) > 0 {
		m.next(m.now)
	}
}

// look has the files queued that are looked at again and again.
func (m *rotated) look() {
	for f := range m.held {
		m.enqueue(f)
	}
}

// finish ends all waiting.
func (m *rotated) finish() {
	for len(m.unmet) > 0 {
		m.hear()
	}
	for range 3 {
		for _, f := range m.files { // as a scan does
			m.enqueue(f)
		}
		for m.look(); len(m.queue) > 0; {
			m.next(m.now)
		}
		m.now = m.now.Add(holdMost)
	}
}

// restart kills the tailer and begins its next life, which finds all files there are.
func (m *rotated) restart() {
	m.end()
	m.open()
	names := []string{"app.log"}
	for i := range m.copies {
		names = append(names, fmt.Sprintf("app.log.%d", i+1))
	}
	slices.Sort(names)
	for _, name := range names {
		m.met(name)
	}
	m.unmet = nil
}

// act does one thing of what may happen.
func (m *rotated) act() {
	switch m.rnd.IntN(12) {
	case 0, 1, 2:
		m.grow()
	case 3:
		m.rotate()
	case 4, 5:
		m.hear()
	case 6:
		m.look()
	case 7:
		m.enqueue(m.reals[m.path("app.log")])
	case 8:
		switch m.rnd.IntN(8) {
		case 0, 1:
			m.restart()
		case 2: // Kafka is away: nobody has a turn
			m.now = m.now.Add(2 * holdMost)
		}
	case 9:
		m.closeRecord(m.now)
		m.ack()
	default:
		m.step()
	}
}

// shipped are the lines of all records, those that came again counted once.
func (m *rotated) shipped() (lines []string) {
	m.closeRecord(m.now)
	byNumber := map[uint64]*pack.Record{}
	for _, r := range m.sent {
		if old := byNumber[r.N]; old != nil {
			if !bytes.Equal(old.Value, r.Value) {
				m.t.Errorf("record %d came again with %q, and had %q", r.N, r.Value, old.Value)
			}
			continue
		}
		byNumber[r.N] = r
		var w record.Walker
		var raw record.Raw
		for w.Reset(r.Manifest, r.Value); w.Next(&raw); {
			lines = append(lines, string(raw.Bytes)+"\n")
		}
	}
	slices.Sort(lines)
	return lines
}

// Whenever the tailer hears of copies and has its turns, and whenever it is killed: a log
// that is copied and truncated arrives, each line once, and no gap is told.
func TestLogsThatAreCopiedAndTruncatedArriveOnceWhateverTheOrder(t *testing.T) {
	for range 60 {
		seed := rand.Uint64()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := &rotated{rig: newRig(t), rnd: rand.New(rand.NewPCG(seed, 3)), now: time.Now()}
			m.write("app.log", "")
			m.met("app.log")
			m.tick()
			for range 60 {
				m.act()
			}
			m.grow()
			m.append("app.log", m.half)
			m.finish()
			var want []string
			for i := range m.lines {
				want = append(want, fmt.Sprintf("line %d of the log\n", i+1))
			}
			slices.Sort(want)
			if got := m.shipped(); !slices.Equal(got, want) {
				t.Errorf("%d lines of %d:\n%s", len(got), len(want), difference(got, want))
			}
			if gaps := m.gaps(); len(gaps) > 0 {
				t.Errorf("gaps %v", gaps)
			}
		})
	}
}

// difference tells which lines are not there as often as they should be.
func difference(got, want []string) string {
	count := map[string]int{}
	for _, line := range want {
		count[line]--
	}
	for _, line := range got {
		count[line]++
	}
	var b strings.Builder
	for _, line := range slices.Sorted(maps.Keys(count)) {
		if n := count[line]; n != 0 {
			fmt.Fprintf(&b, "%+d %s", n, line)
		}
	}
	return b.String()
}
