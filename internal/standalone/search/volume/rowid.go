package volume

// A row number is second_of_day<<24 | stream<<10 | sequence: 41 bits, which SQLite and the full-text index store in few
// bytes and delta-encode well.
const (
	sequenceBits = 10
	streamBits   = 14
	secondShift  = sequenceBits + streamBits

	maxSequence = 1<<sequenceBits - 1
	maxStream   = 1<<streamBits - 1

	daySeconds = 24 * 60 * 60
	dayMillis  = daySeconds * 1000
)

type rowid int64

func makeRowid(second, stream, sequence int) rowid {
	return rowid(second)<<secondShift | rowid(stream)<<sequenceBits | rowid(sequence)
}

func (r rowid) second() int { return int(r >> secondShift) }
func (r rowid) stream() int { return int(r>>sequenceBits) & maxStream }

// firstOf and lastOf are the bounds of the rows of seconds [from, to).
func firstOf(from int) int64 { return int64(from) << secondShift }
func lastOf(to int) int64    { return int64(to)<<secondShift - 1 }

// DayOf is the day of a time in milliseconds, counted from the epoch.
func DayOf(ms int64) int64 {
	d := ms / dayMillis
	if ms%dayMillis < 0 {
		d--
	}
	return d
}
