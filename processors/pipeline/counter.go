package pipeline

import (
	"strconv"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// counter writes numbers of which each is a little greater than the one before, as the offsets of lines are: all but the
// last digits are mostly those that stand there. The zero value is ready.
type counter struct {
	high   uint64 // what stands before the last digits
	digits [20]byte
	value  event.Value // the digits of the number
}

// lastDigits is how many numbers have the same digits but for the last four.
const lastDigits = 10_000

// to returns a number. It is valid until the next.
func (c *counter) to(n uint64) event.Value {
	high := n / lastDigits
	if high != c.high || high == 0 {
		c.write(n)
		return c.value
	}
	low := uint32(n - high*lastDigits)
	putTwo((*[2]byte)(c.digits[16:]), low/100)
	putTwo((*[2]byte)(c.digits[18:]), low%100)
	return c.value
}

// write writes all digits.
func (c *counter) write(n uint64) {
	var room [len(c.digits)]byte
	text := strconv.AppendUint(room[:0], n, 10)
	digits := c.digits[len(c.digits)-len(text):]
	copy(digits, text)
	c.high, c.value = n/lastDigits, event.Number(digits)
}

func putTwo(digits *[2]byte, n uint32) {
	digits[0], digits[1] = byte('0'+n/10), byte('0'+n%10)
}
