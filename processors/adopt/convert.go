package adopt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/schemas/record"
)

// Reasons of the dead letters of adopt.
const (
	// ReasonEmpty: the record has no value, or an empty one: nothing to index.
	ReasonEmpty = "empty"
	// ReasonHost: neither key nor header names a host that the collection's
	// selector covers, and it does not cover Unknown.
	ReasonHost = "no_host"
	// ReasonTimestamp: the record has no time, or one that cannot be. The index an
	// event goes to depends on it.
	ReasonTimestamp = "no_timestamp"
)

// HeaderHost is the header that names the host where the key does not.
const HeaderHost = "host"

// Unknown is the host of records that name none.
const Unknown = "unknown"

// TopicID is Kafka's id of a topic; zero where the brokers give none.
type TopicID [16]byte

// foreign is one record of another shipper.
type foreign struct {
	topic     string
	id        TopicID
	partition int32
	offset    int64
	at        time.Time
	key       string
	host      string // of HeaderHost
	value     []byte
}

// raw is one record for the raw topic.
type raw struct {
	value  []byte
	header []byte
}

// refusal says why a record cannot be adopted.
type refusal struct{ reason, cause string }

// Records are of the years in which there is Kafka, up to the last whose nanoseconds fit
// a manifest. Producers that write seconds or microseconds miss them.
const firstYear, lastYear = 2000, 2261

// convert makes raw records of a foreign one: one, or one for each part. It is a
// function of the record and the claim.
func convert(f *foreign, c *claim) (host string, records []raw, no *refusal) {
	switch {
	case len(f.value) == 0:
		return "", nil, &refusal{ReasonEmpty, "the record has no value"}
	case f.at.Unix() <= 0:
		return "", nil, &refusal{ReasonTimestamp, "the record has no timestamp"}
	case f.at.Year() < firstYear || f.at.Year() > lastYear:
		return "", nil, &refusal{ReasonTimestamp, fmt.Sprintf("the record's timestamp, %d ms, lies in the year %d: Kafka takes milliseconds", f.at.UnixMilli(), f.at.Year())}
	}
	host, ok := hostOf(f, c)
	if !ok {
		return "", nil, &refusal{ReasonHost, fmt.Sprintf("key %.100q and header host %.100q name no host that collection %q covers, nor does it cover %q",
			f.key, f.host, c.collection.Name, Unknown)}
	}
	var encoder record.Encoder
	m := manifest(f, c, host)
	s := &m.Segments[0]
	room := record.MaxBytes - len(host) - len(encoder.Append(nil, m)) - partRoom
	if len(f.value) <= room {
		s.Len = uint64(len(f.value))
		s.Events = []record.Event{{{Off: 0, Len: uint32(len(trimEnd(f.value)))}}}
		return host, []raw{{value: f.value, header: encoder.Append(nil, m)}}, nil
	}
	first := m.Writer.Nonce
	for rest := f.value; len(rest) > 0; {
		chunk := cut(rest, room)
		rest = rest[len(chunk):]
		m.Writer.Nonce, s.Gen = first+uint64(s.Part), record.Gen(s.Part)
		s.Part++
		s.Len, s.LastPart = uint64(len(chunk)), len(rest) == 0
		records = append(records, raw{value: chunk, header: encoder.Append(nil, m)})
	}
	return host, records, nil
}

// partRoom is what length, part and events may add to a manifest without them.
const partRoom = 64

// manifest is that of the record, without what depends on its length.
func manifest(f *foreign, c *claim, host string) *record.Manifest {
	place := f.topic + "/" + strconv.Itoa(int(f.partition))
	return &record.Manifest{
		Writer: record.Writer{ID: place, Nonce: binary.BigEndian.Uint64(f.id[:])},
		Seq:    uint64(f.offset) + 1,
		Host:   host,
		At:     f.at,
		Segments: []record.Segment{{
			Kind: record.Bytes, Src: sourceOf(f), Off: uint64(f.offset),
			Collection: c.collection.Name, Rev: c.rev, Path: "kafka://" + place,
		}},
	}
}

// sourceOf names a partition of a topic for as long as the topic exists.
func sourceOf(f *foreign) (id record.SourceID) {
	text := fmt.Appendf(nil, "kafka\x00%s\x00%x\x00%d", f.topic, f.id, f.partition)
	sum := sha256.Sum256(text)
	copy(id[:], sum[:])
	return id
}

// hostOf decides whose record it is.
func hostOf(f *foreign, c *claim) (string, bool) {
	for _, name := range []string{f.key, f.host, Unknown} {
		if validHost(name) && c.collection.Select.CoversHost(name) {
			return name, true
		}
	}
	return "", false
}

// validHost reports whether a text can be a host name: letters, digits, '-', '_'
// and '.', with a letter or digit at both ends.
func validHost(name string) bool {
	const longest = 253 // of a DNS name
	if name == "" || len(name) > longest || !alphanumeric(name[0]) || !alphanumeric(name[len(name)-1]) {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !alphanumeric(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// trimEnd cuts one line end off, as agents do with lines.
func trimEnd(value []byte) []byte {
	if line, ok := bytes.CutSuffix(value, []byte{'\n'}); ok {
		return bytes.TrimSuffix(line, []byte{'\r'})
	}
	return value
}

// cut is the first n bytes of a value, less the first half of a character.
func cut(value []byte, n int) []byte {
	if len(value) <= n {
		return value
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(value[i]) {
			return value[:i]
		}
	}
	return value[:n]
}
