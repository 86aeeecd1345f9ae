package format

import (
	"bytes"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// numRanks is above all ranks of roles.
const numRanks = 255

// fits reports whether a value can play a role.
func fits(role role, v *event.Value) bool {
	switch role {
	case roleTime:
		_, ok := readTime(v, time.Time{}, time.UTC)
		return ok
	case roleLevel:
		return v.IsText() || v.Kind == event.KindNumber
	case roleStatus:
		return isHTTPStatus(digitsOf(v))
	case rolePID, roleSize, roleNano, roleLine:
		return isNumber(digitsOf(v))
	case roleDuration:
		return v.Kind == event.KindNumber
	case roleSeconds:
		return v.Kind == event.KindNumber || v.IsText()
	case roleCaller:
		if !v.IsText() {
			return false
		}
		_, line := cutCaller(v.Text())
		return line != nil
	}
	return v.IsText()
}

// digitsOf is the text of a number, which some loggers put between quotes.
func digitsOf(v *event.Value) []byte {
	if v.Kind == event.KindNumber || v.IsText() {
		return v.Text()
	}
	return nil
}

// isHTTPStatus reports whether a number is the status of a response.
func isHTTPStatus(b []byte) bool { return len(b) == 3 && isNumber(b) && b[0] >= '1' && b[0] <= '5' }

// cutCaller cuts the place in a source, as in cart/cart.go:42.
func cutCaller(text []byte) (file, line []byte) {
	at := bytes.LastIndexByte(text, ':')
	if at <= 0 || !isNumber(text[at+1:]) || bytes.IndexByte(text, '.') < 0 {
		return nil, nil
	}
	return text[:at], text[at+1:]
}

// play gives a value to the ECS fields of its role; it reports false if the value turns out not to fit.
func play(in *Input, role role, v event.Value) bool {
	e := in.Event
	switch role {
	case roleTime:
		t, ok := readTime(&v, in.At, in.Location)
		if ok {
			e.Set(event.Timestamp, event.Time(t))
		}
		return ok
	case roleNano:
		return setNano(e, v.Text())
	case roleLevel:
		e.Set(event.LogLevel, levelValue(v))
	case roleAddress:
		address, port := cutPort(v.Text())
		setSource(e, address)
		setCount(e, event.SourcePort, port)
	case roleURL:
		setURL(e, v.Text())
	case roleDuration:
		ms, ok := v.AsFloat()
		if !ok || ms < 0 || ms > 1e12 {
			return false
		}
		e.Set(event.EventDuration, event.Int(int64(ms*1e6)))
	case roleSeconds:
		d, ok := seconds(v.Text())
		if ok {
			e.Set(event.EventDuration, event.Int(int64(d)))
		}
		return ok
	case roleReferrer:
		setUnlessDash(e, event.HTTPRequestReferrer, v.Text())
	case roleAgent:
		setUnlessDash(e, event.UserAgentOriginal, v.Text())
	case roleMessage:
		if v.Kind == event.KindQuoted || len(v.Bytes()) > 0 {
			e.Set(event.Message, v)
		}
	case roleTrace:
		return playTrace(e, v)
	case roleCaller:
		file, line := cutCaller(v.Text())
		setText(e, event.LogOriginFileName, file)
		setCount(e, event.LogOriginFileLine, line)
	case roleFile:
		e.Set(event.LogOriginFileName, v)
	default:
		playField(e, role, v)
	}
	return true
}

// playField gives a value to the one field of a role.
func playField(e *event.Event, role role, v event.Value) {
	switch id := roleFields[role]; {
	case rolePaths[role] != "":
		setOwn(e, rolePaths[role], v)
	case role == rolePID || role == roleStatus || role == roleSize || role == roleLine:
		setCount(e, id, v.Text())
	default:
		e.Set(id, v)
	}
}

// levelValue is a level; those that syslog numbers get their names.
func levelValue(v event.Value) event.Value {
	const quoted = len(`"3"`)
	if text := v.Bytes(); v.Kind == event.KindNumber || len(text) <= quoted && len(v.Text()) == 1 && isDigit(v.Text()[0]) {
		return severityNumber(v.Text())
	}
	return v
}

// setNano adds the part of a second to a time that was given in whole ones.
func setNano(e *event.Event, digits []byte) bool {
	v := e.Get(event.Timestamp)
	if v == nil || v.Kind != event.KindTime || v.AsTime().Nanosecond() != 0 || len(digits) > 9 {
		return false
	}
	nanos := time.Duration(0)
	for _, c := range digits {
		nanos = nanos*10 + time.Duration(c-'0')
	}
	e.Set(event.Timestamp, event.Time(v.AsTime().Add(nanos)))
	return true
}

// playTrace sets a trace, and what it says of its exception if no other field does. Text of one line is no trace, but may
// name the exception.
func playTrace(e *event.Event, v event.Value) bool {
	text := v.Text()
	_, name, message := exceptionOf(bytes.TrimRight(text, " \r\n"))
	if bytes.IndexByte(text, '\n') >= 0 {
		e.Set(event.ErrorStackTrace, v)
	} else if name == nil {
		return false
	}
	if name != nil && !e.Has(event.ErrorType) {
		e.Set(event.ErrorType, event.String(name))
	}
	if len(message) > 0 && !e.Has(event.ErrorMessage) {
		e.Set(event.ErrorMessage, event.String(message))
	}
	return true
}
