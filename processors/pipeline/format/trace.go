package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

var errNoTrace = errors.New("no stack trace of Java, Python or Go")

func traceSpec() Spec {
	return Spec{
		Name: "stacktrace",
		Summary: "An event that is a stack trace of Java, Python or Go, joined from its lines: what was thrown, what it said, and the trace. " +
			"Other formats read the traces that stand behind their messages in the same way.",
		Example: "java.lang.IllegalStateException: cart is empty\n\tat com.acme.Cart.pay(Cart.java:42)",
		Fields:  []string{"error.type", "error.message", "error.stack_trace", "message"},
		Parse: func(in *Input) error {
			at := traceStart(in.Line)
			if at < 0 {
				return errNoTrace
			}
			setMessage(in.Event, in.Line)
			return nil
		},
	}
}

// traceStart returns where a stack trace begins in a text of several lines, or -1.
func traceStart(text []byte) int {
	if bytes.IndexByte(text, '\n') < 0 {
		return -1
	}
	thrown := -1 // the last line that is an exception, whose message may have more lines
	for start := 0; start < len(text); {
		line := text[start:]
		if isFrame(line) && thrown >= 0 {
			return thrown
		}
		end := bytes.IndexByte(line, '\n')
		if end < 0 {
			return -1
		}
		if at := beginsTrace(line[:end], line[end+1:]); at >= 0 {
			return start + at
		}
		if name, _ := cutException(line[:end]); bytes.HasSuffix(name, []byte("Exception")) || bytes.HasSuffix(name, []byte("Error")) {
			thrown = start
		}
		start += end + 1
	}
	return -1
}

// isFrame reports whether a line tells of a call in Java: at com.acme.Cart.pay(Cart.java:42).
func isFrame(line []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(line, " \t"), []byte("at "))
	if !ok {
		return false
	}
	name, rest, ok := bytes.Cut(rest, []byte("("))
	return ok && bytes.IndexByte(name, '.') > 0 && bytes.IndexByte(name, ' ') < 0 && bytes.IndexByte(rest, ')') > 0
}

// beginsTrace returns where in a line, before what follows it, a trace begins, or -1.
func beginsTrace(line, after []byte) int {
	line = bytes.TrimRight(line, " \r")
	switch {
	case bytes.HasPrefix(line, []byte("Traceback (most recent call last):")),
		bytes.HasPrefix(line, []byte("goroutine ")) && bytes.HasSuffix(line, []byte("]:")):
		return 0
	case bytes.HasPrefix(line, []byte("panic: ")), bytes.HasPrefix(line, []byte("fatal error: ")):
		if bytes.Contains(after, []byte("goroutine ")) {
			return 0
		}
		return -1
	}
	if next := bytes.TrimLeft(after, " \t"); !bytes.HasPrefix(next, []byte("at ")) && !bytes.HasPrefix(next, []byte("... ")) {
		return -1
	}
	// The line before the frames names the exception, maybe behind a message.
	for at := 0; at < len(line); {
		if name, _ := cutException(line[at:]); name != nil {
			return at
		}
		next := bytes.Index(line[at:], []byte(": "))
		if next < 0 {
			break
		}
		at += next + len(": ")
	}
	return -1
}

// cutException cuts "Exception in thread "main" com.acme.NotFound: no such cart" or "Caused by: …" into type and message.
func cutException(line []byte) (name, message []byte) {
	line = bytes.TrimLeft(line, " \t")
	if rest, ok := bytes.CutPrefix(line, []byte("Exception in thread ")); ok {
		if _, rest, ok = bytes.Cut(rest, []byte(`" `)); !ok {
			return nil, nil
		}
		line = rest
	}
	line = bytes.TrimPrefix(line, []byte("Caused by: "))
	end := 0
	for end < len(line) && (line[end]|0x20 >= 'a' && line[end]|0x20 <= 'z' || isDigit(line[end]) || line[end] == '.' || line[end] == '$' || line[end] == '_') {
		end++
	}
	name, rest := line[:end], line[end:]
	if !isException(name) || len(rest) > 0 && rest[0] != ':' && rest[0] != '[' {
		return nil, nil
	}
	return name, bytes.TrimLeft(bytes.TrimPrefix(rest, []byte(":")), " ")
}

// isException reports whether a name is one of a class: java.io.IOException, MergeMappingException, KeyError.
func isException(name []byte) bool {
	last := name[bytes.LastIndexByte(name, '.')+1:]
	last = last[bytes.LastIndexByte(last, '$')+1:]
	if len(last) < 3 || last[0] < 'A' || last[0] > 'Z' {
		return false
	}
	return len(last) < len(name) || bytes.HasSuffix(last, []byte("Exception")) || bytes.HasSuffix(last, []byte("Error"))
}

// setTrace sets the fields of a trace. Where nothing stands before it its first line, or for Python its last, is the message.
func setTrace(e *event.Event, trace []byte) {
	trace = bytes.TrimRight(trace, " \n\r")
	said, name, message := exceptionOf(trace)
	setText(e, event.ErrorType, name)
	setText(e, event.ErrorMessage, message)
	e.Set(event.ErrorStackTrace, event.String(trace))
	setText(e, event.Message, bytes.TrimSpace(said))
}

// exceptionOf returns the line of a trace that says what was thrown, and what that was, if the line names it.
func exceptionOf(trace []byte) (said, name, message []byte) {
	said = trace[:lineEnd(trace)]
	switch {
	case bytes.HasPrefix(said, []byte("Traceback ")):
		said = lastPython(trace)
		if name, message, _ = bytes.Cut(said, []byte(": ")); !isClass(name) {
			name, message = nil, nil
		}
	case bytes.HasPrefix(said, []byte("panic: ")):
		name, message = []byte("panic"), said[len("panic: "):]
	case bytes.HasPrefix(said, []byte("fatal error: ")):
		name, message = []byte("fatal error"), said[len("fatal error: "):]
	case !bytes.HasPrefix(said, []byte("goroutine ")):
		name, message = cutException(said)
	}
	return said, name, message
}

// lastPython returns the line that names the exception: the last that is not indented and says more than how it came about.
func lastPython(trace []byte) []byte {
	for end := len(trace); end > 0; {
		start := bytes.LastIndexByte(trace[:end], '\n') + 1
		line := trace[start:end]
		if len(line) > 0 && line[0] != ' ' && line[0] != '\t' {
			if name, _, _ := bytes.Cut(line, []byte(":")); isClass(name) {
				return line
			}
		}
		end = start - 1
	}
	return trace
}
