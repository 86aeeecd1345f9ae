package geo

// tree finds addresses of IPv4 in the search tree of a file: a node has two records, one for each value of the next bit of
// the address, and a record is the number of a node, or beyond these numbers says where the data of a network lie. See
// https://maxmind.github.io/MaxMind-DB/. The library walks from the root, one bit after the other, and each step waits for
// memory; the tree knows where the first bits lead.
type tree struct {
	nodes []byte
	size  int      // bytes of a node
	count uint32   // of nodes
	heads []uint32 // where the first headBits bits of an address lead
}

const (
	// headBits are the bits of an address that cost one read together: 1 MiB for each file. Another read follows for each
	// bit more of a network's mask.
	headBits = 18
	// separator is what lies between the tree and the data, in bytes.
	separator = 16
	// before are the bits of zero before an address of IPv4 in a tree of IPv6.
	before = 96
)

// newTree returns the tree of a file that the library has opened, which means that it is there as a whole; nil if its nodes
// are none that are known.
func newTree(file []byte, count, bits, version uint) *tree {
	if bits != 24 && bits != 28 && bits != 32 || count >= 1<<bits {
		return nil
	}
	t := &tree{nodes: file, size: int(bits / 4), count: uint32(count), heads: make([]uint32, 1<<headBits)}
	start := uint32(0)
	if version == 6 {
		start = t.walk(start, 0, before)
	}
	t.fill(t.heads, start)
	return t
}

// fill notes where each of the heads leads that come to a record with their first bits.
func (t *tree) fill(heads []uint32, record uint32) {
	if len(heads) == 1 {
		heads[0] = record
		return
	}
	left, right := record, record
	if record < t.count {
		left, right = t.record(record, 0), t.record(record, 1)
	}
	t.fill(heads[:len(heads)/2], left)
	t.fill(heads[len(heads)/2:], right)
}

// find returns where the data of an address lie, or nowhere. Whether the file goes as far is for the library to say.
func (t *tree) find(addr uint32) (offset uintptr) {
	record := t.walk(t.heads[addr>>(32-headBits)], addr<<headBits, 32-headBits)
	if record < t.count+separator {
		return nowhere
	}
	return uintptr(record - t.count - separator)
}

// walk follows the first n bits from a record on, or less if it meets the end.
func (t *tree) walk(record, bits uint32, n int) uint32 {
	for ; n > 0 && record < t.count; n-- {
		record = t.record(record, bits>>31)
		bits <<= 1
	}
	return record
}

// record reads the left (0) or right (1) record of a node.
func (t *tree) record(node, right uint32) uint32 {
	b := t.nodes[int(node)*t.size:][:t.size]
	switch len(b) {
	case 6:
		b = b[right*3:]
		return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	case 7: // the byte in the midst has the highest bits of both
		high := uint32(b[3]) >> (4 - 4*right) & 0xf
		b = b[right*4:]
		return high<<24 | uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	}
	b = b[right*4:]
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
