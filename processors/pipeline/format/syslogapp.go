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
	case "doas":
		setDoas(e, &c)
	case "su":
		setSu(e, &c)
	case "CRON", "cron", "crond", "CROND", "anacron", "/USR/SBIN/CRON", "/usr/sbin/cron":
		setCron(e, &c)
	case "systemd-logind":
		setLogind(e, &c)
	case "useradd", "userdel":
		setAccount(e, &c)
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
	actionDoas                  = event.Constant("doas")
	actionCron                  = event.Constant("cron")
	actionPasswordChanged       = event.Constant("changed-password")
	actionUserAdded             = event.Constant("added-user-account")
	actionUserDeleted           = event.Constant("deleted-user-account")
)

func setAction(e *event.Event, action, category, kind, outcome event.Value) {
	e.Set(event.EventAction, action)
	setKind(e, category, kind, outcome)
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
	case c.lit("password changed for "):
		setAction(e, actionPasswordChanged, categoryIAM, typeUserChange, outcomeSuccess)
	case c.lit("Consecutive login failures for user "):
		setAction(e, actionAuthenticationFailure, categoryAuthentication, typeStart, outcomeFailure)
	case c.lit("authentication failure; "):
		setRefusal(e, c)
		return
	default:
		return
	}
	setText(e, event.UserName, c.while(func(b byte) bool { return b != ' ' && b != '(' }))
}

// setRefusal reads "logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7  user=alice" of an authentication that failed.
func setRefusal(e *event.Event, c *cursor) {
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

// setDoas reads "alice ran command ls -l as root from /home/alice".
func setDoas(e *event.Event, c *cursor) {
	user := c.word()
	if !c.lit(" ran command ") {
		return
	}
	command := c.rest()
	if at := bytes.LastIndex(command, []byte(" from ")); at >= 0 {
		setOwn(e, "process.working_directory", event.String(command[at+len(" from "):]))
		command = command[:at]
	}
	if at := bytes.LastIndex(command, []byte(" as ")); at >= 0 {
		setOwn(e, "user.effective.name", event.String(command[at+len(" as "):]))
		command = command[:at]
	}
	setText(e, event.UserName, user)
	setOwn(e, "process.command_line", event.String(command))
	setAction(e, actionDoas, categoryProcess, typeStart, outcomeSuccess)
}

func setSu(e *event.Event, c *cursor) {
	user, target, outcome := c.su()
	if len(user) == 0 || len(target) == 0 {
		return
	}
	setText(e, event.UserName, user)
	setOwn(e, "user.effective.name", event.String(target))
	setAction(e, actionSu, categoryAuthentication, typeStart, outcome)
}

// su reads "(to root) alice on pts/0", "Successful su for root by alice", "FAILED su for root by alice", "+ pts/0 alice:root",
// "'su root' failed for alice on pts/0" and "BAD SU alice to root on pts/0".
func (c *cursor) su() (user, target []byte, outcome event.Value) {
	outcome = outcomeSuccess
	if c.lit("FAILED SU ") || c.lit("FAILED ") || c.lit("BAD SU ") {
		outcome = outcomeFailure
	}
	switch {
	case c.lit("(to "):
		target, _ = c.until(") ")
		return c.word(), target, outcome
	case c.lit("Successful su for "), c.lit("su for "):
		target = c.word()
		c.lit(" by ")
		return c.word(), target, outcome
	case c.lit("'su "):
		target, _ = c.until("' ")
		if c.lit("failed for ") {
			outcome = outcomeFailure
		} else if !c.lit("succeeded for ") {
			return nil, nil, outcome
		}
		return c.word(), target, outcome
	case c.lit("- "):
		outcome = outcomeFailure
		fallthrough
	case c.lit("+ "):
		c.word() // the terminal
		names, _ := c.next()
		user, target, _ = bytes.Cut(names, []byte(":"))
		return user, target, outcome
	}
	if user = c.word(); c.lit(" to ") {
		target = c.word()
	}
	return user, target, outcome
}

// setLogind reads "New session 7 of user alice."
func setLogind(e *event.Event, c *cursor) {
	if !c.lit("New session ") {
		return
	}
	c.word()
	if !c.lit(" of user ") {
		return
	}
	setText(e, event.UserName, bytes.Trim(bytes.TrimSuffix(c.word(), []byte(".")), "'"))
	setAction(e, actionSessionOpened, categorySession, typeStart, outcomeSuccess)
}

// setAccount reads "new user: name=alice, UID=1000, …" and "delete user 'alice'".
func setAccount(e *event.Event, c *cursor) {
	switch {
	case c.lit("new user: name="):
		setAction(e, actionUserAdded, categoryIAM, typeUserCreation, outcomeSuccess)
	case c.lit("delete user '"):
		setAction(e, actionUserDeleted, categoryIAM, typeUserDeletion, outcomeSuccess)
	default:
		return
	}
	setText(e, event.UserName, c.while(func(b byte) bool { return b != ',' && b != '\'' }))
}

// setCron reads "(root) CMD (run-parts /etc/cron.hourly)", and CMDEND.
func setCron(e *event.Event, c *cursor) {
	user, ok := c.within('(', ')')
	kind := typeStart
	switch {
	case !ok:
		return
	case c.lit(" CMDEND "):
		kind = typeEnd
	case !c.lit(" CMD "):
		return
	}
	command := bytes.TrimSuffix(bytes.TrimPrefix(c.rest(), []byte("(")), []byte(")"))
	setText(e, event.UserName, user)
	setOwn(e, "process.command_line", event.String(bytes.TrimSpace(command)))
	setAction(e, actionCron, categoryProcess, kind, outcomeNone)
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
