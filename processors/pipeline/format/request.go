package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// setRequest sets the fields of GET /path HTTP/1.1. What does not look like that stays in message alone.
func setRequest(e *event.Event, request []byte) {
	space := bytes.IndexByte(request, ' ')
	if space <= 0 {
		return
	}
	url := request[space+1:]
	if at := bytes.LastIndexByte(url, ' '); at >= 0 && isProtocol(url[at+1:]) {
		e.Set(event.HTTPVersion, event.String(url[at+1+len("HTTP/"):]))
		url = url[:at] // whatever the method is, it was a request
	} else if !isMethod(request[:space]) {
		return
	} else {
		url = bytes.TrimRight(url, " ")
	}
	setUnlessDash(e, event.HTTPRequestMethod, request[:space])
	if !isDash(url) {
		setURL(e, url)
	}
}

func isMethod(b []byte) bool {
	const longest = 20 // UPDATEREDIRECTREF has 17 letters
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			if c != '-' && c != '_' {
				return false
			}
		}
	}
	return len(b) > 1 && len(b) <= longest
}

// isProtocol reports whether b is HTTP/ and a version: 1.1, 2.0 or 3.
func isProtocol(b []byte) bool {
	const name = "HTTP/"
	if len(b) <= len(name) || len(b) > len(name)+4 || string(b[:len(name)]) != name {
		return false
	}
	for _, c := range b[len(name):] {
		if !isDigit(c) && c != '.' {
			return false
		}
	}
	return true
}

func setUnlessDash(e *event.Event, id event.ID, text []byte) {
	if len(text) == 0 || len(text) == 1 && text[0] == '-' {
		return
	}
	e.Set(id, event.String(text))
}

// setCount sets a number, which - and anything else but digits is not.
func setCount(e *event.Event, id event.ID, digits []byte) {
	if !isNumber(digits) {
		return
	}
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:] // JSON has no leading zeros
	}
	e.Set(id, event.Number(digits))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func skipSpaces(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	return i
}
