package grok

import (
	"net/netip"
	"unsafe"
)

// shortcuts match what some names of the library stand for, faster than their expressions would. Each answers as the
// expression does, or unknown.
var shortcuts = map[string]shortcut{"IPV4": matchIPv4, "IPV6": matchIPv6, "IP": matchIP}

type shortcut func(text []byte) int

func (s shortcut) match(m *Scratch, i int) int {
	n := s(m.text[i:])
	if n < 0 {
		return n
	}
	return i + n
}

// matchIPv4 reads four numbers of up to three digits.
func matchIPv4(b []byte) int {
	i := 0
	for part := range 4 {
		n, digits := 0, 0
		for i < len(b) && digits < 3 && b[i] >= '0' && b[i] <= '9' {
			n = n*10 + int(b[i]-'0')
			digits++
			i++
		}
		switch {
		case digits == 0:
			return never
		case n > 255:
			return unknown // two of its digits may do
		case part == 3:
			return i
		case i >= len(b) || b[i] != '.':
			return never
		}
		i++
	}
	return i
}

// matchIPv6 reads an address written in full or with ::, when it stands alone.
func matchIPv6(b []byte) int {
	end, colons := 0, 0
	for end < len(b) && (b[end] == ':' || isHex(b[end])) {
		if b[end] == ':' {
			colons++
		}
		end++
	}
	switch {
	case colons < 2:
		return never
	case end < len(b) && (b[end] == '.' || b[end] == '%'):
		return unknown
	}
	const longest = 39
	if end > longest {
		return unknown
	}
	address := b[:end]
	if a, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(address), len(address))); err != nil || !a.Is6() {
		return unknown
	}
	return end
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func matchIP(b []byte) int {
	if n := matchIPv6(b); n != never {
		return n
	}
	return matchIPv4(b)
}
