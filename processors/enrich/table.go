package enrich

import (
	"bytes"
	"encoding/binary"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
)

// count brings the host's state up to date. A record that was counted before
// changes nothing, but the value is set again: a crash may have left the table
// topic behind the local copy.
func (s *stage) count(c *processors.Context, w *worker, m *record.Manifest, out *refine.Output) {
	stored, _ := c.Value().([]byte)
	s.read(w, m.Host, stored)
	if state := &w.host; !w.window.Mark(writerName(&m.Writer), m.Seq) {
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
	w.text, _ = w.window.AppendBinary(w.text[:0]) // it has no error to give
	w.host.Window = w.text
	w.text = hosts.Append(w.text, &w.host)
	c.SetValue(bytes.Clone(w.text[len(w.host.Window):]))
}

// read decodes a host's state. One that cannot be read begins anew: refusing the
// host's records for ever would be worse than losing its counts.
func (s *stage) read(w *worker, host string, stored []byte) {
	if stored != nil {
		err := w.host.Decode(stored)
		if err == nil {
			err = w.window.UnmarshalBinary(w.host.Window)
		}
		if err == nil {
			return
		}
		s.metrics.resets.Inc()
		s.log.Error("the state of a host cannot be read and begins anew", "host", host, "error", err)
	}
	w.host, w.window = hosts.State{}, processors.Window{}
}

// writerName is the name of a writer in windows. The nonce stands first, for
// windows cut long names.
func writerName(w *record.Writer) string {
	return string(append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(w.ID)), w.Nonce), w.ID...))
}
