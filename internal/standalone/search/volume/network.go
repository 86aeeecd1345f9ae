package volume

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

// coverNetwork finds the addresses of a network by what the canonical spelling of all of them begins with. The documents
// have the last word.
func coverNetwork(q dsl.Network, partial bool) cover {
	begin := beginning(q.Prefix)
	if begin == "" && document.Echoed(q.Field) {
		return unknown // a message may hold any of them
	}
	c := coverPrefix(q.Field, begin, partial)
	c.exact = false
	return c
}

// beginning is the text that all addresses of a network begin with: the whole parts of an IPv4 network, the first group
// of an IPv6 one. It is empty where that group may be left out, or is not fixed.
func beginning(p netip.Prefix) string {
	if p.Addr().Is4() {
		text := ""
		for _, part := range strings.Split(p.Addr().String(), ".")[:p.Bits()/8] {
			text += part + "."
		}
		return text
	}
	b := p.Addr().As16()
	first := uint64(b[0])<<8 | uint64(b[1])
	if p.Bits() < 16 || first == 0 {
		return ""
	}
	return strconv.FormatUint(first, 16) + ":"
}
