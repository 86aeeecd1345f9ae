package volume

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/query/address"
	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

// coverNetwork finds the addresses of a network by what all of them begin with. Addresses are kept as they were written,
// so that the documents always have the last word.
func coverNetwork(q dsl.Network, partial bool) cover {
	if !document.Indexed(q.Field) {
		return unknown
	}
	if q.Prefix.Addr().Is4() {
		return coverNetwork4(q, partial)
	}
	words := firstWords(q.Prefix)
	if document.Echoed(q.Field) && len(words) == 0 {
		return unknown
	}
	// An IPv6 address can be written in many ways: all that have a token are looked at.
	stem, _ := document.Stem(q.Field, "")
	exprs := []string{quote(stem) + " *"}
	if document.Echoed(q.Field) {
		exprs = append(exprs, words...)
	}
	return orPartial(roughly(group(exprs, " OR ")), partial)
}

// coverNetwork4 uses the whole parts of an IPv4 network, which both of its spellings have.
func coverNetwork4(q dsl.Network, partial bool) cover {
	whole := q.Prefix.Bits() / 8
	prefix := ""
	for _, part := range strings.Split(q.Prefix.Addr().String(), ".")[:whole] {
		prefix += part + "."
	}
	plain := coverPrefix(q.Field, prefix, partial)
	if !plain.ok {
		return unknown
	}
	stem, _ := document.Stem(q.Field, address.Mapped+prefix)
	return roughly(group([]string{plain.expr, quote(stem) + " *"}, " OR "))
}

// firstWords are the words, as a message may hold them, with which all addresses of an IPv6 network begin; none where
// its first group may be left out or is not fixed.
func firstWords(p netip.Prefix) []string {
	b := p.Addr().As16()
	first := uint64(b[0])<<8 | uint64(b[1])
	if p.Bits() < 16 || first == 0 {
		return nil
	}
	var words []string
	for hex := strconv.FormatUint(first, 16); len(hex) <= 4; hex = "0" + hex {
		words = append(words, quote(hex))
	}
	return words
}
