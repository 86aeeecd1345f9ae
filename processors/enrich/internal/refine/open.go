package refine

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// maxEvents is how many events of one record are accepted. Producers keep to
// record.MaxEvents; beyond this a manifest is nonsense, and would cost memory
// out of proportion.
const maxEvents = 8 * record.MaxEvents

// maxHost is longer than any host name: hosts are keys and part of every
// document.
const maxHost = 255

// Place is where a record was found.
type Place struct {
	Key                   string
	Partition, Partitions int32
}

// Open reads a record's manifest and checks everything that can be checked
// without its revisions. It returns a manifest, valid until the next call, or a
// refusal, never both.
func (w *Worker) Open(at Place, header []byte, present bool, value []byte) (*record.Manifest, *Refusal) {
	if !present {
		return nil, refuse(ReasonNoManifest, "the record has no header %q", record.Header)
	}
	m, _, err := w.decoder.Decode(header)
	switch {
	case errors.Is(err, record.ErrVersion):
		return nil, refuse(ReasonVersion, "%v; this program knows version %d", err, record.Version)
	case err != nil:
		return nil, refuse(ReasonManifest, "%v", err)
	}
	if err := m.Check(len(value)); err != nil {
		return nil, refuse(ReasonManifest, "%v", err)
	}
	if r := checkPlace(at, m.Host); r != nil {
		return nil, r
	}
	if r := checkEvents(m, value); r != nil {
		return nil, r
	}
	return m, nil
}

func checkPlace(at Place, host string) *Refusal {
	switch {
	case host == "" || len(host) > maxHost:
		return refuse(ReasonManifest, "the host name has %d bytes; 1 to %d are allowed", len(host), maxHost)
	case at.Key != host:
		return refuse(ReasonKey, "the key is %.300q, the manifest's host %q", at.Key, host)
	}
	if want := topic.Partition([]byte(host), at.Partitions); want != at.Partition {
		return refuse(ReasonPartition, "host %q belongs to partition %d of %d, the record is in %d: its producer uses another partitioner",
			host, want, at.Partitions, at.Partition)
	}
	return nil
}

// checkEvents bounds the work that a manifest asks for by the size of the value.
func checkEvents(m *record.Manifest, value []byte) *Refusal {
	events := 0
	for i := range m.Segments {
		s := &m.Segments[i]
		n := s.ValueLen()
		switch {
		case n == 0:
		case s.Events != nil:
			events += len(s.Events)
			if listed(s.Events) > n {
				return refuse(ReasonManifest, "the events of segment %d overlap", i)
			}
		case s.Part > 0:
			events++
		default:
			events += bytes.Count(value[:n], []byte{'\n'})
		}
		value = value[n:]
	}
	if events > maxEvents {
		return refuse(ReasonManifest, "the record has %d events; %d are accepted", events, maxEvents)
	}
	return nil
}

func listed(events []record.Event) (n uint64) {
	for _, e := range events {
		for _, span := range e {
			n += uint64(span.Len)
		}
	}
	return n
}
