package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

var errNoTrace = errors.New("no stack trace")

func traceSpec() Spec {
	return Spec{
		Name: "stacktrace",
		Summary: "An event that is a stack trace of Java, .NET, Python, Go, Node.js, Ruby, PHP or Rust, joined from its lines: what was thrown, " +
			"what it said, and the trace. " +
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
	for start := 0; start < len(text); {
		line := text[start:]
		end := bytes.IndexByte(line, '\n')
		if end < 0 {
			return -1
		}
		if at := beginsTrace(line[:end], line[end+1:]); at >= 0 {
			if bytes.HasSuffix(bytes.TrimRight(text[:start], " \r\n"), []byte("nested exception is:")) {
				return max(farHead(text[:start]), 0)
			}
			return start + at
		}
		if isFrame(line[end+1:]) && !isFrame(line[:end]) {
			if at := farHead(text[:start]); at >= 0 {
				return at
			}
		}
		start += end + 1
	}
	return -1
}

// farHead finds the exception of a trace whose message has several lines, in the lines before the last of them, or -1.
func farHead(text []byte) int {
	const most = 16
	end := len(text)
	for range most {
		if end <= 0 {
			break
		}
		start := bytes.LastIndexByte(text[:end-1], '\n') + 1
		line := text[start : end-1]
		for at := 0; at >= 0; {
			if name, _ := cutException(line[at:]); isThrowable(name) {
				return start + at
			}
			at = afterColon(line, at)
		}
		end = start
	}
	return -1
}

// afterColon is where the text behind the next colon begins, or -1.
func afterColon(line []byte, at int) int {
	next := bytes.Index(line[at:], []byte(": "))
	if next < 0 {
		return -1
	}
	return at + next + len(": ")
}

// pythonHead is the line that begins a trace of Python, or ends one that says more.
var pythonHead = []byte("Traceback (most recent call last):")

// beginsTrace returns where in a line, before what follows it, a trace begins, or -1.
func beginsTrace(line, after []byte) int {
	line = bytes.TrimRight(line, " \r")
	if before, ok := bytes.CutSuffix(line, pythonHead); ok {
		before = bytes.TrimRight(bytes.TrimSuffix(before, []byte("Exception Group ")), " +|")
		if len(before) == 0 {
			return 0
		}
		return bytes.IndexByte(line[len(before):], ' ') + len(before) + 1
	}
	switch {
	case bytes.HasPrefix(line, []byte("goroutine ")) && bytes.HasSuffix(line, []byte("]:")),
		bytes.HasPrefix(line, []byte("thread '")) && bytes.Contains(line, []byte("' panicked at ")):
		return 0
	case bytes.HasPrefix(line, []byte("panic: ")), bytes.HasPrefix(line, []byte("fatal error: ")):
		if bytes.Contains(after, []byte("goroutine ")) {
			return 0
		}
		return -1
	}
	if !isFrame(after) {
		return -1
	}
	// The line before the frames names the exception, maybe behind a message.
	for at := 0; at >= 0; at = afterColon(line, at) {
		if name, _ := cutException(line[at:]); name != nil {
			return at
		}
	}
	return -1
}

// isFrame reports whether a text begins with a line below the head of a trace: "at com.acme.Cart.pay(Cart.java:42)", as Java,
// .NET and Node.js write it, " ---> " before what .NET threw first, "from cart.rb:42:in" of Ruby, "Stack trace:" of PHP.
func isFrame(text []byte) bool {
	next := bytes.TrimLeft(text, " \t")
	for _, head := range [...]string{"at ", "... ", "---> "} {
		if bytes.HasPrefix(next, []byte(head)) {
			return true
		}
	}
	return bytes.HasPrefix(text, []byte("Stack trace:")) || bytes.HasPrefix(next, []byte("from ")) && bytes.Contains(next[:lineEnd(next)], []byte(":in "))
}

// setTrace sets the fields of a trace. Where nothing stands before it its first line, or for Python its last, is the message.
func setTrace(e *event.Event, trace []byte) {
	trace = bytes.TrimLeft(bytes.TrimRight(trace, " \n\r"), " ")
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
	case bytes.HasSuffix(bytes.TrimRight(said, " \r"), pythonHead):
		said = lastPython(trace)
		if name, message, _ = bytes.Cut(said, []byte(": ")); !isClass(name) {
			name, message = nil, nil
		}
	case bytes.HasPrefix(said, []byte("panic: ")):
		name, message = []byte("panic"), said[len("panic: "):]
	case bytes.HasPrefix(said, []byte("fatal error: ")):
		name, message = []byte("fatal error"), said[len("fatal error: "):]
	case bytes.HasPrefix(said, []byte("thread '")):
		name, message = []byte("panic"), rustMessage(trace, said)
	case !bytes.HasPrefix(said, []byte("goroutine ")):
		name, message = cutException(said)
	}
	return said, name, message
}

// rustMessage is what a panic of Rust said: on the line behind its place, or up to Rust 1.72 before that, between quotes.
func rustMessage(trace, first []byte) []byte {
	if _, rest, ok := bytes.Cut(first, []byte("' panicked at '")); ok {
		return rest[:max(0, bytes.LastIndex(rest, []byte("', ")))]
	}
	rest := trace[min(len(first)+1, len(trace)):]
	return rest[:lineEnd(rest)]
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
	return firstOfGroup(trace)
}

// firstOfGroup returns the line that names an ExceptionGroup, whose trace is drawn as a tree.
func firstOfGroup(trace []byte) []byte {
	for line := range bytes.Lines(trace) {
		line = bytes.Trim(line, " |+\r\n")
		if name, _, _ := bytes.Cut(line, []byte(": ")); isException(name) {
			return line
		}
	}
	return trace
}
