package pipeline

import "strconv"

// counter writes numbers of which each is a little greater than the one before, as the offsets of lines are: adding to the
// digits takes half as long as writing them anew. The zero value is ready.
type counter struct {
	n      uint64
	digits [20]byte // those of the greatest number; zeros stand before those of n
	from   int      // where those of n begin
}

// mostAdded is how much is worth adding.
const mostAdded = 1 << 16

// to returns the digits of a number. They are valid until the next.
func (c *counter) to(n uint64) []byte {
	if added := n - c.n; n < c.n || added > mostAdded || c.from == 0 {
		c.write(n)
	} else {
		c.add(added)
	}
	c.n = n
	return c.digits[c.from:]
}

func (c *counter) add(more uint64) {
	i := len(c.digits)
	for more > 0 {
		i--
		more += uint64(c.digits[i] - '0')
		c.digits[i] = '0' + byte(more%10)
		more /= 10
	}
	c.from = min(c.from, i)
}

func (c *counter) write(n uint64) {
	for i := range c.digits {
		c.digits[i] = '0'
	}
	var room [20]byte
	text := strconv.AppendUint(room[:0], n, 10)
	c.from = len(c.digits) - len(text)
	copy(c.digits[c.from:], text)
}
