package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// What sshd says begins with one of these; the name and the address that follow are read in the same way.
var (
	sshRefused = []string{
		"Invalid user ", "Illegal user ", "Authentication failure for ", "authentication failure for ", "Authentication error for ",
		"authentication error for ", "User not known to the underlying authentication module for ",
		"maximum authentication attempts exceeded for ",
	}
	sshConnection = []string{
		"Connection from ", "Connection closed by ", "Connection reset by ", "Connection closed by remote host ", "Disconnected from ",
		"Disconnecting ", "Received disconnect from ", "Did not receive identification string from ", "Unable to negotiate with ",
		"Timeout before authentication for ", "banner exchange: Connection from ", "ssh_dispatch_run_fatal: Connection from ",
	}
)

// litAny takes the first of the texts that stands here.
func (c *cursor) litAny(texts []string) bool {
	for _, text := range texts {
		if c.lit(text) {
			return true
		}
	}
	return false
}

// setSSH reads "Accepted publickey for alice from 203.0.113.7 port 50222 ssh2" and its kin.
func setSSH(e *event.Event, c *cursor) {
	switch {
	case c.lit("Accepted "):
		setLogin(e, outcomeSuccess)
		setMethod(e, c)
	case c.lit("Failed "):
		setLogin(e, outcomeFailure)
		setMethod(e, c)
	case c.lit("error: "), c.lit("fatal: "), c.lit("PAM: "):
		setSSH(e, c)
	case c.lit("[ID "): // Solaris
		if _, ok := c.until("] "); ok {
			setSSH(e, c)
		}
	case c.lit("Postponed "): // until more is proved
		setMethod(e, c)
	case c.litAny(sshRefused):
		setLogin(e, outcomeFailure)
		setPeer(e, c)
	case c.lit("User "): // alice from 203.0.113.7 not allowed because …
		if at := bytes.Index(c.rest(), []byte(" not allowed because ")); at >= 0 {
			setLogin(e, outcomeFailure)
			c.b = c.b[:c.i+at]
			setPeer(e, c)
		}
	case c.lit("ROOT LOGIN REFUSED FROM "):
		setLogin(e, outcomeFailure)
		e.Set(event.UserName, event.Text("root"))
		setAddress(e, c)
	case c.lit("PAM "): // 2 more authentication failures; …
		if _, ok := c.until("more authentication failure"); ok && (c.lit("; ") || c.lit("s; ")) {
			setRefusal(e, c)
		}
	case c.lit("Bad protocol version identification "): // whatever it is, in quotes
		if at := bytes.LastIndex(c.rest(), []byte("' from ")); at >= 0 {
			c.i += at + len("' from ")
			setAddress(e, c)
		}
	case c.litAny(sshConnection):
		setConnection(e, c)
	}
}

func setLogin(e *event.Event, outcome event.Value) {
	setAction(e, actionSSHLogin, categoryAuthentication, typeStart, outcome)
}

// setMethod reads "publickey for alice from 203.0.113.7 port 50222".
func setMethod(e *event.Event, c *cursor) {
	method := c.word()
	if !c.lit(" for ") {
		return
	}
	setOwn(e, "system.auth.ssh.method", event.String(method))
	setPeer(e, c)
}

// setPeer reads "alice from 203.0.113.7 port 50222", before which the name may be called invalid. A name may hold anything, so
// the last " from " counts; but not what stands behind the protocol, which the client may have written.
func setPeer(e *event.Event, c *cursor) {
	if !c.lit("invalid user ") {
		c.lit("illegal user ")
	}
	rest := c.rest()
	for _, protocol := range [...]string{" ssh2: ", " ssh1: "} {
		if at := bytes.Index(rest, []byte(protocol)); at >= 0 {
			rest = rest[:at]
		}
	}
	at := bytes.LastIndex(rest, []byte(" from "))
	if at < 0 {
		return
	}
	setText(e, event.UserName, bytes.TrimSpace(rest[:at]))
	c.i += at + len(" from ")
	setAddress(e, c)
}

// setConnection reads "203.0.113.7 port 50222", before which a name may stand that may hold anything.
func setConnection(e *event.Event, c *cursor) {
	if c.lit("authenticating user ") || c.lit("invalid user ") || c.lit("user ") {
		rest := c.rest()
		if at := bytes.LastIndex(rest, []byte(" port ")); at >= 0 {
			rest = rest[:at]
		}
		at := bytes.LastIndexByte(rest, ' ')
		setText(e, event.UserName, bytes.TrimSpace(rest[:max(at, 0)]))
		c.i += at + 1
	}
	setAddress(e, c)
}

// setAddress reads "203.0.113.7 port 50222"; a colon may follow either.
func setAddress(e *event.Event, c *cursor) {
	address := c.word()
	if !isIP(address) {
		address = bytes.TrimSuffix(address, []byte(":"))
	}
	if isIP(address) || bytes.IndexByte(address, '.') > 0 {
		setSource(e, address)
	}
	if c.lit(" port ") {
		setCount(e, event.SourcePort, c.digits())
	}
}
