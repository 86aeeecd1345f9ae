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
	if ip := addressIP(address); ip != nil {
		e.Set(event.SourceIP, event.String(ip))
	}
}

// addressIP is the address of IP in 203.0.113.7, [2001:db8::7] or fe80::7%eth0, or nil.
func addressIP(address []byte) []byte {
	if isIPv4(address) {
		return address
	}
	ip, _, _ := bytes.Cut(trimBrackets(address), []byte("%"))
	if !isIPv6(ip) {
		return nil
	}
	return ip
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
