// Package batch is the contract of the app topics: the events of one raw
// record that go to one app, as one Kafka record.
//
// The key is the host name, the value is NDJSON, and the header Header carries
// the Manifest: the events' ids, the index of each, and which raw record they
// come from. The events lie in runs. What the documents of a run end in alike
// may stand before them, once, as a line of its own; each line is JSON by
// itself. Documents puts the documents together by copying bytes, which is all
// that the indexer does with them: it never parses them.
package batch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/wire"
)

// Header is the name of the Kafka header that holds the manifest.
const Header = "b"

// MaxBytes is the size at which a batch is closed: value, manifest and key.
const MaxBytes = 512 << 10

// Version is the manifest version that Append writes. Decode also reads version 1,
// whose events are whole documents.
const Version = 2

// Errors of Decode and Documents.Open.
var (
	ErrManifest = errors.New("malformed batch manifest")
	ErrVersion  = errors.New("unknown batch manifest version")
	ErrValue    = errors.New("batch manifest does not fit the value")
)

// Manifest describes the events of one batch.
type Manifest struct {
	// Writer, Seq and At are those of the raw record.
	Writer record.Writer
	Seq    uint64
	At     time.Time
	// Part counts the batches that one raw record made for one app, from 0.
	Part uint32
	// IDs of the events, in the order of the value.
	IDs []record.EventID
	// Runs say which index the events go to; their counts add up to len(IDs).
	Runs []Run
}

// Run is a stretch of events with the same destination and origin.
type Run struct {
	Count uint32
	// Index is the full name of the index.
	Index string
	// Retention is how many days the events are kept after the index's period has
	// ended: collect.Collection.Retention of the revision.
	Retention uint32
	// Rev is the revision whose pipeline made the events.
	Rev revision.ID
	// Close is 0 where the events are whole documents. Else a line stands before
	// them that is no event: a document is an event's line without its last Close
	// bytes, all of them closing braces, then a comma, then that line without its
	// first Open bytes.
	Close, Open uint32
}

// Append appends the encoded manifest to dst and returns the longer slice.
//
// Layout (integers big-endian, "uv" unsigned and "sv" signed varints):
//
//	u32 length of all that follows
//	u8  version
//	str writer id, u64 writer nonce, uv seq, sv at (Unix nanoseconds), uv part
//	uv  runs, each: uv count, str index, uv retention, 8 bytes rev, uv close, uv open
//	24 bytes for each event: its id
//
// The ids reach to the end, so their number needs no field. Version 1 has no
// close and open.
func Append(dst []byte, m *Manifest) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, Version)
	dst = appendString(dst, m.Writer.ID)
	dst = binary.BigEndian.AppendUint64(dst, m.Writer.Nonce)
	dst = binary.AppendUvarint(dst, m.Seq)
	dst = binary.AppendVarint(dst, m.At.UnixNano())
	dst = binary.AppendUvarint(dst, uint64(m.Part))
	dst = binary.AppendUvarint(dst, uint64(len(m.Runs)))
	for i := range m.Runs {
		dst = binary.AppendUvarint(dst, uint64(m.Runs[i].Count))
		dst = appendString(dst, m.Runs[i].Index)
		dst = binary.AppendUvarint(dst, uint64(m.Runs[i].Retention))
		dst = append(dst, m.Runs[i].Rev[:]...)
		dst = binary.AppendUvarint(dst, uint64(m.Runs[i].Close))
		dst = binary.AppendUvarint(dst, uint64(m.Runs[i].Open))
	}
	for i := range m.IDs {
		dst = append(dst, m.IDs[i][:]...)
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// Decode reads a manifest into m, whose slices it uses again. Errors wrap
// ErrManifest or ErrVersion.
func Decode(b []byte, m *Manifest) error {
	if len(b) < 5 || uint64(binary.BigEndian.Uint32(b)) != uint64(len(b)-4) {
		return fmt.Errorf("%w: length does not fit %d bytes", ErrManifest, len(b))
	}
	version := b[4]
	if version != 1 && version != Version {
		return fmt.Errorf("%w: %d", ErrVersion, version)
	}
	d := wire.Reader{Rest: b[5:]}
	m.Writer.ID = d.String()
	m.Writer.Nonce = d.Uint64()
	m.Seq = d.Uvarint()
	m.At = time.Unix(0, d.Varint()).UTC()
	m.Part = uint32(d.Uvarint())
	m.Runs = m.Runs[:0]
	for n := d.Uvarint(); n > 0 && !d.Bad; n-- {
		run := Run{Count: uint32(d.Uvarint()), Index: d.String(), Retention: uint32(d.Uvarint())}
		copy(run.Rev[:], d.Take(revision.Size))
		if version > 1 {
			run.Close, run.Open = uint32(d.Uvarint()), uint32(d.Uvarint())
		}
		m.Runs = append(m.Runs, run)
	}
	if d.Bad || len(d.Rest)%record.EventIDSize != 0 {
		return fmt.Errorf("%w: cut short at byte %d", ErrManifest, len(b)-len(d.Rest))
	}
	m.IDs = slices.Grow(m.IDs[:0], len(d.Rest)/record.EventIDSize)
	for len(d.Rest) > 0 {
		m.IDs = append(m.IDs, record.EventID(d.Take(record.EventIDSize)))
	}
	return nil
}
