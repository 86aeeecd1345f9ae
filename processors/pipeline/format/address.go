package format

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// isIP reports whether b is an address of IPv4 or IPv6, as Elasticsearch's ip type takes it.
func isIP(b []byte) bool {
	return isIPv4(b) || isIPv6(b)
}

func isIPv4(b []byte) bool {
	n := ipv4(b)
	return n > 0 && n == len(b)
}

// ipv4Window holds the longest address of IPv4, what ends it, and words from wherever one of its octets begins.
const ipv4Window = 32

// ipv4 is the length of the address of IPv4 that b begins with, or 0. What stands behind it is no digit.
func ipv4(b []byte) int {
	if len(b) >= ipv4Window {
		return ipv4In((*[ipv4Window]byte)(b))
	}
	var window [ipv4Window]byte
	copy(window[:], b)
	return ipv4In(&window)
}

// ipv4In looks at all bytes at once and at each octet as a word: addresses are of all lengths, which no processor foresees.
func ipv4In(b *[ipv4Window]byte) int {
	ends := noDigits(word(b[:], 0)) | noDigits(word(b[:], wordSize))<<wordSize
	from := 0
	for dots := 3; ; dots-- {
		to := bits.TrailingZeros16(ends)
		n := uint(to - from)
		if n >= uint(len(octets)) {
			return 0
		}
		text := binary.BigEndian.Uint32(b[from&15:]) >> ((32 - 8*n) & 31)
		if text-octets[n].least > octets[n].others {
			return 0
		}
		if dots == 0 {
			return to
		}
		if b[to] != '.' {
			return 0
		}
		from = to + 1
		ends &= ends - 1
	}
}

// octets are the first of one, two and three digits, and how many follow it. 01 is none: it is octal to some.
var octets = [4]struct{ least, others uint32 }{
	0: {'0' << 24, 0}, // no text is one: this begins with a digit
	1: {'0', '9' - '0'},
	2: {'1'<<8 | '0', '9'<<8 | '9' - ('1'<<8 | '0')},
	3: {'1'<<16 | '0'<<8 | '0', '2'<<16 | '5'<<8 | '5' - ('1'<<16 | '0'<<8 | '0')},
}

// ipv6 is the length of the address of IPv6 that b begins with, before a space, or 0.
func ipv6(b []byte) int {
	if n := bytes.IndexByte(b, ' '); n > 0 && isIPv6(b[:n]) {
		return n
	}
	return 0
}

func isIPv6(b []byte) bool {
	const groups = 8
	count, digits, gap := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == ':':
			if digits == 0 && (i+1 >= len(b) || b[i+1] != ':') && (i == 0 || b[i-1] != ':') {
				return false // a single colon at the start
			}
			if i+1 < len(b) && b[i+1] == ':' {
				if gap {
					return false
				}
				gap = true
			} else if i+1 == len(b) && (i == 0 || b[i-1] != ':') {
				return false // a single colon at the end
			}
			digits = 0
		case c == '.':
			start := bytes.LastIndexByte(b[:i], ':') + 1
			if !isIPv4(b[start:]) {
				return false
			}
			count++ // this group was counted once, and an IPv4 address fills two
			i = len(b)
		case isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
			if digits == 0 {
				count++
			}
			if digits++; digits > 4 {
				return false
			}
		default:
			return false
		}
	}
	return len(b) > 1 && (!gap && count == groups || gap && count < groups)
}
