package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// setURL sets url.original and the parts of it that ECS names. Nothing is decoded.
func setURL(e *event.Event, url []byte) {
	if len(url) == 0 {
		return
	}
	e.Set(event.URLOriginal, event.String(url))
	rest := url
	if rest[0] != '/' {
		rest = setAuthority(e, rest)
	}
	if at := bytes.IndexByte(rest, '#'); at >= 0 {
		if at+1 < len(rest) {
			e.Set(event.URLFragment, event.String(rest[at+1:]))
		}
		rest = rest[:at]
	}
	if at := bytes.IndexByte(rest, '?'); at >= 0 {
		if at+1 < len(rest) {
			e.Set(event.URLQuery, event.String(rest[at+1:]))
		}
		rest = rest[:at]
	}
	if len(rest) == 0 {
		return
	}
	e.Set(event.URLPath, event.String(rest))
	if at := extension(rest); at > 0 {
		e.Set(event.URLExtension, event.String(rest[at:]))
	}
}

// extension is where the extension of a path begins, or 0.
func extension(path []byte) int {
	for i := len(path) - 1; i > 0 && path[i] != '/'; i-- {
		if path[i] == '.' {
			if i+1 < len(path) && path[i-1] != '/' {
				return i + 1
			}
			return 0
		}
	}
	return 0
}

// setAuthority sets scheme, domain and port of https://host:443/path, or of the host:443 of CONNECT, and returns the rest.
func setAuthority(e *event.Event, url []byte) (rest []byte) {
	authority, rest := url, nil
	if at := bytes.Index(url, []byte("://")); at > 0 {
		e.Set(event.URLScheme, event.String(url[:at]))
		authority = url[at+3:]
		if end := bytes.IndexAny(authority, "/?#"); end >= 0 {
			authority, rest = authority[:end], authority[end:]
		}
	} else if bytes.IndexByte(url, ':') < 0 || bytes.IndexByte(url, '/') >= 0 {
		return url // * or a relative path
	}
	if at := bytes.LastIndexByte(authority, '@'); at >= 0 {
		authority = authority[at+1:]
	}
	if len(authority) == 0 {
		return rest
	}
	host, port := cutPort(authority)
	if len(host) > 0 {
		e.Set(event.URLDomain, event.String(host))
	}
	setCount(e, event.URLPort, port)
	return rest
}
