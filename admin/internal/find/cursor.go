package find

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"strconv"
)

// cursor is the place behind the last hit of a page: its sort values, and how many
// hits with the same values were already shown, since neither store can be asked to
// go on between two such hits.
type cursor struct {
	time   int64 // milliseconds
	offset int64
	shown  uint32
}

const (
	sigLen    = 8
	cursorLen = sigLen + 8 + 8 + 4
)

var errCursor = errors.New("does not belong to this search: it is the value of next of the same search, unchanged")

// String is the cursor as a text that means nothing to anybody else.
func (c cursor) text(sig string) string {
	b := append(make([]byte, 0, cursorLen), sig...)
	b = binary.BigEndian.AppendUint64(b, uint64(c.time))
	b = binary.BigEndian.AppendUint64(b, uint64(c.offset))
	b = binary.BigEndian.AppendUint32(b, c.shown)
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(text, sig string) (*cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != cursorLen || string(b[:sigLen]) != sig {
		return nil, errCursor
	}
	b = b[sigLen:]
	c := &cursor{
		time:   int64(binary.BigEndian.Uint64(b)),
		offset: int64(binary.BigEndian.Uint64(b[8:])),
		shown:  binary.BigEndian.Uint32(b[16:]),
	}
	if c.shown > maxWindow {
		return nil, errCursor
	}
	return c, nil
}

// signature tells searches apart. Times are taken as they were written: with now-15m
// a later page is asked for a little later, and goes on all the same.
func signature(p Params) string {
	h := sha256.New()
	for _, part := range []string{p.Q, p.App, p.Host, p.Level, p.From, p.To} {
		h.Write(binary.AppendUvarint(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return string(h.Sum(nil)[:sigLen])
}

// maxWindow is how far the stores let a request reach.
const maxWindow = 10_000

// searchAfter are the sort values from which on the next page lies, the hits that
// were already shown included: later ones in the order have smaller offsets.
func (c *cursor) searchAfter() []any {
	from := c.offset
	if from < math.MaxInt64 {
		from++
	}
	return []any{c.time, from}
}

// next is the cursor behind the last of hits, where c was the one before them.
func (c *cursor) next(hits []rawHit) (cursor, bool) {
	last := &cursor{}
	if len(hits) == 0 || !last.read(hits[len(hits)-1].Sort) {
		return cursor{}, false
	}
	for i := len(hits) - 1; i >= 0; i-- {
		var one cursor
		if !one.read(hits[i].Sort) || one != (cursor{time: last.time, offset: last.offset}) {
			return *last, true
		}
		last.shown++
	}
	if c != nil && c.time == last.time && c.offset == last.offset {
		last.shown += c.shown
	}
	return *last, true
}

// read takes over the sort values of a hit.
func (c *cursor) read(sort []json.RawMessage) bool {
	if len(sort) != 2 {
		return false
	}
	var errTime, errOffset error
	c.time, errTime = strconv.ParseInt(string(sort[0]), 10, 64)
	c.offset, errOffset = strconv.ParseInt(string(sort[1]), 10, 64)
	if errOffset != nil { // an event that is in no file; Elasticsearch puts those last
		c.offset, errOffset = math.MinInt64, nil
	}
	return errTime == nil && errOffset == nil
}
