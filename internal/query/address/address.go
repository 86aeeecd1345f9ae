// Package address is what searches know of IP addresses: which fields hold them, and which of them lie in a network.
//
// One package serves query texts, the live tail and the embedded index, so that all three mean what Elasticsearch means
// by fields of type ip. It is pure, keeps no state and never panics.
//
// An IPv4 address in IPv6's clothes (::ffff:192.0.2.1), as servers log it that listen for both, is an IPv4 address.
package address

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Field says whether a field holds addresses: those that the index template maps as ip.
func Field(name string) bool { return name == "ip" || strings.HasSuffix(name, ".ip") }

// Parse reads an address as documents hold them.
func Parse(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	return a.Unmap(), err == nil && a.Zone() == ""
}

// Check says what is wrong with the value of a condition: it must be an address or a network.
func Check(text string) error {
	if _, ok := Parse(text); ok {
		return nil
	}
	if !strings.Contains(text, "/") {
		return fmt.Errorf("%q is no IP address; write an address, or a network such as 192.0.2.0/24 or 2001:db8::/32", text)
	}
	_, _, err := network(text)
	return err
}

// Network reads a network in CIDR notation. Bits behind the length may be set and mean nothing. A network of one address
// is none: Canonical makes an address of it.
func Network(text string) (netip.Prefix, bool) {
	p, whole, err := network(text)
	return p, err == nil && !whole
}

// network also says whether all bits count, so that it has one address.
func network(text string) (p netip.Prefix, whole bool, err error) {
	host, length, _ := strings.Cut(text, "/")
	a, ok := Parse(host)
	if !ok {
		return p, false, fmt.Errorf("%q is no network: there is no IP address before the /; write it like 192.0.2.0/24 or 2001:db8::/32", text)
	}
	bits, err := strconv.Atoi(length)
	if a.Is4() && strings.Contains(host, ":") { // the bits are those of the address as it is written
		if bits >= 96 {
			bits -= 96
		} else {
			a = wide(a)
		}
	}
	if err != nil || length[0] == '+' || bits < 0 || bits > a.BitLen() {
		return p, false, fmt.Errorf("%q is no network: behind the / stands how many bits count, 0 to %d", text, a.BitLen())
	}
	return netip.PrefixFrom(a, bits).Masked(), bits == a.BitLen(), nil
}

// Canonical is the one spelling of an address, and of a network of one address, which the index keeps. What is no address
// is its own.
func Canonical(text string) string {
	if a, err := netip.ParseAddr(text); err == nil {
		if a.Is4() || a.Zone() != "" {
			return text
		}
		return a.Unmap().String()
	}
	if p, whole, err := network(text); err == nil && whole {
		return p.Addr().String()
	}
	return text
}

// In says whether an address, as a document holds it, lies in a network. An IPv4 address lies in those of IPv6 that hold
// it in IPv6's clothes, such as ::/0.
func In(p netip.Prefix, text string) bool {
	a, ok := Parse(text)
	if ok && p.Addr().Is6() {
		a = wide(a)
	}
	return ok && p.Contains(a)
}

// Compare orders two addresses as Elasticsearch does: IPv4 ones by where they stand in IPv6.
func Compare(a, b string) (int, bool) {
	x, ok := Parse(a)
	y, ok2 := Parse(b)
	if !ok || !ok2 {
		return 0, false
	}
	return wide(x).Compare(wide(y)), true
}

func wide(a netip.Addr) netip.Addr { return netip.AddrFrom16(a.As16()) }

// OfPattern is the network that a pattern over whole parts of an IPv4 address stands for: 10.1.* is 10.1.0.0/16.
func OfPattern(pattern string) (string, bool) {
	parts := strings.Split(pattern, ".")
	known := 0
	for known < len(parts) && parts[known] != "*" {
		known++
	}
	for _, p := range parts[known:] {
		if p != "*" {
			return "", false
		}
	}
	if known == 0 || known == len(parts) || len(parts) > 4 {
		return "", false
	}
	text := strings.Join(parts[:known], ".") + strings.Repeat(".0", 4-known)
	if a, err := netip.ParseAddr(text); err != nil || !a.Is4() {
		return "", false
	}
	return text + "/" + strconv.Itoa(8*known), true
}
