package enrich

import (
	"encoding/binary"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
)

// count brings the host's state up to date. A record that was counted before
// changes nothing, but the value is set again: a crash may have left the table
// topic behind the local copy.
func (s *stage) count(c *processors.Context, m *record.Manifest, out *refine.Output) {
	stored, _ := c.Value().([]byte)
	state, window := s.read(m.Host, stored)
	if !window.Mark(writerName(&m.Writer), m.Seq) {
		s.metrics.again.Inc()
	} else {
		state.Seen(m.At)
		state.Gaps += uint64(out.Tally.Gaps)
		state.GapBytes += out.Tally.GapBytes
		state.SkippedLines += out.Tally.SkippedLines
		for _, a := range out.Apps {
			state.Add(a.App, m.At, a.Counts)
		}
	}
	state.Window, _ = window.MarshalBinary() // it has no error to give
	c.SetValue(hosts.Append(make([]byte, 0, len(stored)+256), state))
}

// read decodes a host's state. One that cannot be read begins anew: refusing the
// host's records for ever would be worse than losing its counts.
func (s *stage) read(host string, stored []byte) (*hosts.State, *processors.Window) {
	window := &processors.Window{}
	if stored == nil {
		return &hosts.State{}, window
	}
	state, err := hosts.Decode(stored)
	if err == nil {
		err = window.UnmarshalBinary(state.Window)
	}
	if err != nil {
		s.metrics.resets.Inc()
		s.log.Error("the state of a host cannot be read and begins anew", "host", host, "error", err)
		return &hosts.State{}, &processors.Window{}
	}
	return state, window
}

// writerName is the name of a writer in windows. The nonce stands first, for
// windows cut long names.
func writerName(w *record.Writer) string {
	return string(append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(w.ID)), w.Nonce), w.ID...))
}
