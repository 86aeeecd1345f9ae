package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// setProgram reads the message of a program that writes to syslog on every host: who logged in from where, who ran what,
// which packet was dropped. The message stays whole.
func setProgram(e *event.Event, program, message []byte) {
	c := cursor{b: message}
	if c.lit("pam_") {
		setPAM(e, &c)
		return
	}
	switch string(program) {
	case "sshd", "sshd-session":
		setSSH(e, &c)
	case "sudo":
		setSudo(e, &c)
	case "su":
		setSu(e, &c)
	case "CRON", "cron", "crond", "anacron", "/USR/SBIN/CRON", "/usr/sbin/cron":
		setCron(e, &c)
	case "kernel":
		setKernel(e, &c)
	}
}

// What the programs do, for event.action.
var (
	actionSSHLogin              = event.Constant("ssh_login")
	actionSessionOpened         = event.Constant("session-opened")
	actionSessionClosed         = event.Constant("session-closed")
	actionAuthenticationFailure = event.Constant("authentication-failure")
	actionSudo                  = event.Constant("sudo")
	actionSu                    = event.Constant("su")
	actionCron                  = event.Constant("cron")
)

func setAction(e *event.Event, action, category, kind, outcome event.Value) {
	e.Set(event.EventAction, action)
	setKind(e, category, kind, outcome)
}

// setSSH reads "Accepted publickey for alice from 203.0.113.7 port 50222 ssh2" and its kin.
func setSSH(e *event.Event, c *cursor) {
	switch {
	case c.lit("Accepted "):
		setAction(e, actionSSHLogin, categoryAuthentication, typeStart, outcomeSuccess)
	case c.lit("Failed "), c.lit("Postponed "):
		setAction(e, actionSSHLogin, categoryAuthentication, typeStart, outcomeFailure)
	case c.lit("Invalid user "), c.lit("Illegal user "):
		setAction(e, actionSSHLogin, categoryAuthentication, typeStart, outcomeFailure)
		setPeer(e, c, true)
		return
	case c.lit("Disconnected from "), c.lit("Connection closed by "), c.lit("Connection reset by "), c.lit("Received disconnect from "),
		c.lit("Connection from "), c.lit("Did not receive identification string from "):
		named := c.lit("user ") || c.lit("authenticating user ") || c.lit("invalid user ")
		if named {
			setText(e, event.UserName, c.word())
			c.spaces()
		}
		setAddress(e, c)
		return
	default:
		return
	}
	method := c.word()
	if !c.lit(" for ") {
		return
	}
	setOwn(e, "system.auth.ssh.method", event.String(method))
	if !c.lit("invalid user ") {
		c.lit("illegal user ")
	}
	setPeer(e, c, true)
}

// setPeer reads "alice from 203.0.113.7 port 50222". A name may hold anything, so the last " from " counts.
func setPeer(e *event.Event, c *cursor, named bool) {
	rest := c.rest()
	at := bytes.LastIndex(rest, []byte(" from "))
	if at < 0 {
		return
	}
	if named {
		setText(e, event.UserName, bytes.TrimSpace(rest[:at]))
	}
	c.i += at + len(" from ")
	setAddress(e, c)
}

// setAddress reads "203.0.113.7 port 50222".
func setAddress(e *event.Event, c *cursor) {
	address := c.word()
	if isIP(address) || bytes.IndexByte(address, '.') > 0 {
		setSource(e, address)
	}
	if c.lit(" port ") {
		setCount(e, event.SourcePort, c.digits())
	}
}

// setPAM reads "unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)" and "…authentication failure; …".
func setPAM(e *event.Event, c *cursor) {
	if _, ok := c.until("): "); !ok {
		return
	}
	switch {
	case c.lit("session opened for user "):
		setAction(e, actionSessionOpened, categorySession, typeStart, outcomeSuccess)
	case c.lit("session closed for user "):
		setAction(e, actionSessionClosed, categorySession, typeEnd, outcomeSuccess)
	case c.lit("authentication failure; "):
		setAction(e, actionAuthenticationFailure, categoryAuthentication, typeStart, outcomeFailure)
		for word, ok := c.next(); ok; word, ok = c.next() {
			key, value, _ := bytes.Cut(word, []byte("="))
			switch string(key) {
			case "user":
				setText(e, event.UserName, value)
			case "rhost":
				setSource(e, value)
			}
		}
		return
	default:
		return
	}
	setText(e, event.UserName, c.while(func(b byte) bool { return b != ' ' && b != '(' }))
}

// setSudo reads "alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls", before which a reason stands on refusal.
func setSudo(e *event.Event, c *cursor) {
	c.spaces()
	user, ok := c.until(" : ")
	if !ok {
		return
	}
	setText(e, event.UserName, user)
	outcome := outcomeSuccess
	for !c.end() {
		if c.lit("COMMAND=") {
			setOwn(e, "process.command_line", event.String(c.rest()))
			break
		}
		part, more := c.until(" ; ")
		if !more {
			break
		}
		key, value, pair := bytes.Cut(part, []byte("="))
		switch {
		case !pair:
			outcome = outcomeFailure
			setOwn(e, "event.reason", event.String(part))
		case string(key) == "USER":
			setOwn(e, "user.effective.name", event.String(value))
		case string(key) == "PWD":
			setOwn(e, "process.working_directory", event.String(value))
		case string(key) == "TTY":
			setOwn(e, "system.auth.sudo.tty", event.String(value))
		}
	}
	setAction(e, actionSudo, categoryProcess, typeStart, outcome)
}

// setSu reads "(to root) alice on pts/0", "Successful su for root by alice" and "FAILED su for root by alice".
func setSu(e *event.Event, c *cursor) {
	failed := c.lit("FAILED SU ") || c.lit("FAILED ")
	switch {
	case c.lit("(to "):
		target, ok := c.until(") ")
		if !ok {
			return
		}
		setOwn(e, "user.effective.name", event.String(target))
		setText(e, event.UserName, c.word())
	case c.lit("Successful su for "), c.lit("su for "):
		setOwn(e, "user.effective.name", event.String(c.word()))
		if !c.lit(" by ") {
			return
		}
		setText(e, event.UserName, c.word())
	default:
		return
	}
	outcome := outcomeSuccess
	if failed {
		outcome = outcomeFailure
	}
	setAction(e, actionSu, categoryAuthentication, typeStart, outcome)
}

// setCron reads "(root) CMD (run-parts /etc/cron.hourly)".
func setCron(e *event.Event, c *cursor) {
	user, ok := c.within('(', ')')
	if !ok || !c.lit(" CMD ") {
		return
	}
	command := bytes.TrimSuffix(bytes.TrimPrefix(c.rest(), []byte("(")), []byte(")"))
	setText(e, event.UserName, user)
	setOwn(e, "process.command_line", event.String(bytes.TrimSpace(command)))
	setAction(e, actionCron, categoryProcess, typeStart, outcomeNone)
}

// setKernel reads the packets that the firewall logs: "[UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.7 DST=10.0.0.5 PROTO=TCP SPT=5 DPT=22".
func setKernel(e *event.Event, c *cursor) {
	if !bytes.Contains(c.b, []byte(" SRC=")) || !bytes.Contains(c.b, []byte("IN=")) {
		return
	}
	for word, ok := c.next(); ok; word, ok = c.next() {
		key, value, _ := bytes.Cut(word, []byte("="))
		if len(value) == 0 {
			continue
		}
		switch string(key) {
		case "SRC":
			setSource(e, value)
		case "DST":
			if isIP(value) {
				e.Set(event.DestinationIP, event.String(value))
			}
		case "SPT":
			setCount(e, event.SourcePort, value)
		case "DPT":
			setCount(e, event.DestinationPort, value)
		case "PROTO":
			setOwn(e, "network.transport", event.String(lower(e, value)))
		case "IN":
			setOwn(e, "observer.ingress.interface.name", event.String(value))
		case "OUT":
			setOwn(e, "observer.egress.interface.name", event.String(value))
		}
	}
	setKind(e, categoryNetwork, typeConnection, outcomeNone)
}

// lower returns a text in lower case.
func lower(e *event.Event, text []byte) []byte {
	buffer := e.Scratch()
	start := len(buffer)
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buffer = append(buffer, c)
	}
	e.Keep(buffer)
	return buffer[start:len(buffer):len(buffer)]
}
