package format

import (
	"bytes"
	"net/netip"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// setClient sets the fields of what stands before the time of an access line: addresses, identity, user.
func setClient(e *event.Event, head []byte, dashes bool) {
	first := bytes.IndexByte(head, ' ')
	if first < 0 {
		setSource(e, head)
		return
	}
	var addresses, user []byte
	if rest := head[first:]; len(rest) > 3 && rest[1] == '-' && rest[2] == ' ' {
		addresses, user = head[:first], rest[3:] // the common shape
	} else if at := bytes.Index(head, []byte(" - ")); at >= 0 {
		addresses, user = head[:at], head[at+3:]
	} else {
		addresses, user = cutIdentity(head)
	}
	user = bytes.TrimLeft(user, " ")
	if len(user) > 0 && user[0] == '[' {
		if at := bytes.Index(user, []byte("] - ")); at > 0 {
			user = user[at+len("] - "):] // the address once more, as ingress controllers wrote it
		}
	}
	if len(user) > 2 && user[0] == '-' && user[1] == ' ' {
		user = user[2:]
	}
	if dashes {
		setText(e, event.UserName, user)
	} else {
		setUnlessDash(e, event.UserName, user)
	}
	if isIPv4(addresses) {
		e.Set(event.SourceAddress, event.String(addresses))
		e.Set(event.SourceIP, event.String(addresses))
		return
	}
	if bytes.IndexByte(addresses, ' ') < 0 && bytes.IndexByte(addresses, ',') < 0 {
		setSource(e, bytes.Trim(addresses, `"`))
		return
	}
	setForwarded(e, addresses)
}

// cutIdentity cuts the last two words, identity and user, off.
func cutIdentity(head []byte) (addresses, user []byte) {
	last := bytes.LastIndexByte(head, ' ')
	user, head = head[last+1:], head[:max(last, 0)]
	if at := bytes.LastIndexByte(head, ' '); at >= 0 {
		head = head[:at]
	}
	return head, user
}

func setSource(e *event.Event, address []byte) {
	if len(address) == 0 || len(address) == 1 && address[0] == '-' {
		return
	}
	e.Set(event.SourceAddress, event.String(address))
	if ip := trimBrackets(address); isIP(ip) {
		e.Set(event.SourceIP, event.String(ip))
	}
}

func trimBrackets(b []byte) []byte {
	if len(b) > 2 && b[0] == '[' && b[len(b)-1] == ']' {
		return b[1 : len(b)-1]
	}
	return b
}

// setForwarded reads a list of addresses: those of X-Forwarded-For are parted by commas, and quoted in some set-ups; a first
// word that no comma follows is the server's own name. The source is the first public address, else the first.
func setForwarded(e *event.Event, list []byte) {
	if end := bytes.IndexByte(list, ' '); list[0] != '"' && end > 0 && list[end-1] != ',' {
		setServer(e, list[:end])
		list = list[end+1:]
	}
	var first, public []byte
	for len(list) > 0 && public == nil {
		var address []byte
		if at := bytes.IndexAny(list, ` ,"`); at >= 0 {
			address, list = list[:at], list[at+1:]
		} else {
			address, list = list, nil
		}
		if len(address) == 0 || len(address) == 1 && address[0] == '-' {
			continue
		}
		if first == nil {
			first = address
		}
		if isPublic(address) {
			public = address
		}
	}
	if public == nil {
		public = first
	}
	setSource(e, public)
}

// setServer sets the virtual host that answered: a name or an address, with a port or without.
func setServer(e *event.Event, server []byte) {
	host, port := cutPort(server)
	if isIP(host) {
		e.Set(event.DestinationIP, event.String(host))
	} else {
		setUnlessDash(e, event.URLDomain, host)
	}
	setCount(e, event.DestinationPort, port)
}

// cutPort cuts host:port or [host]:port. An address of IPv6 without brackets has no port.
func cutPort(b []byte) (host, port []byte) {
	at := bytes.LastIndexByte(b, ':')
	if at < 0 || bytes.IndexByte(b, ':') != at && b[at-1] != ']' {
		return trimBrackets(b), nil
	}
	return trimBrackets(b[:at]), b[at+1:]
}

func isPublic(b []byte) bool {
	ip, err := netip.ParseAddr(string(b))
	return err == nil && ip.IsGlobalUnicast() && !ip.IsPrivate()
}

// isIP reports whether b is an address of IPv4 or IPv6, as Elasticsearch's ip type takes it.
func isIP(b []byte) bool {
	return isIPv4(b) || isIPv6(b)
}

func isIPv4(b []byte) bool {
	if len(b) < len("1.1.1.1") || len(b) > len("255.255.255.255") {
		return false
	}
	dots, n, digits := 0, 0, 0
	for _, c := range b {
		switch {
		case isDigit(c):
			if digits > 0 && n == 0 {
				return false // 01 is octal to some
			}
			n = n*10 + int(c-'0')
			if digits++; n > 255 {
				return false
			}
		case c == '.' && digits > 0:
			dots, n, digits = dots+1, 0, 0
		default:
			return false
		}
	}
	return dots == 3 && digits > 0
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
