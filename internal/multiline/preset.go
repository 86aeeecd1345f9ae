package multiline

import "bytes"

// The presets know stack traces as the runtimes print them. A trace belongs to the line
// before it where a logging library writes it behind its message.

// java joins what is indented, causes, and the head of a trace: the qualified name of an
// exception at the beginning of a line. The traces of .NET, Node.js, Ruby and PHP are
// joined as well: most of their lines are indented, and the others begin no event.
func java(_ uint8, line []byte) Verdict {
	return Verdict{Joins: indented(line) || throwable(line) || numbered(line) || len(line) == 1 && line[0] == '}' ||
		startsWith(line, "Caused by:", "Wrapped by:", "Suppressed:", "... ", "--- End of ", "Stack trace:")}
}

// numbered reports whether a line begins as a frame of PHP: "#0 /srv/cart.php(42): pay()".
func numbered(line []byte) bool {
	n := 1
	for n < len(line) && line[n] >= '0' && line[n] <= '9' {
		n++
	}
	return n > 1 && n < len(line) && line[0] == '#' && line[n] == ' '
}

// throwable reports whether a line begins with a name such as java.io.IOException, with
// nothing behind it but a message.
func throwable(line []byte) bool {
	n, dots := 0, 0
	for n < len(line) && (identifier(line[n]) || line[n] == '.') {
		if line[n] == '.' {
			dots++
		}
		n++
	}
	if dots == 0 || n < len(line) && line[n] != ':' {
		return false
	}
	name := line[:n]
	for _, end := range [...]string{"Exception", "Error", "Throwable", "Failure"} {
		if bytes.HasSuffix(name, []byte(end)) {
			return true
		}
	}
	return false
}

func identifier(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$'
}

func indented(line []byte) bool { return len(line) > 0 && (line[0] == ' ' || line[0] == '\t') }

func startsWith(line []byte, heads ...string) bool {
	for _, head := range heads {
		if len(line) >= len(head) && string(line[:len(head)]) == head {
			return true
		}
	}
	return false
}

// States of python.
const (
	plain uint8 = iota
	inTrace
	raised // the exception was named: only another one may follow
	blankAfter
)

var pythonHead = []byte("Traceback (most recent call last):")

// python joins a traceback up to the line that names the exception, and those that led
// to it or came of it.
func python(state uint8, line []byte) Verdict {
	trimmed := bytes.TrimLeft(line, " \t|+")
	switch {
	case !indented(line) && len(line) > len(pythonHead) && bytes.HasSuffix(line, pythonHead):
		return Verdict{State: inTrace} // behind a message, on its line
	case startsWith(trimmed, "Traceback (most recent call last):"):
		return Verdict{Joins: state != raised && state != blankAfter, State: inTrace}
	case startsWith(line, "  File \""):
		return Verdict{Joins: true, State: inTrace} // a syntax error has no head
	case state != plain && startsWith(line, "During handling of the above exception", "The above exception was the direct cause"):
		return Verdict{Joins: true, State: inTrace}
	}
	switch state {
	case inTrace:
		if indented(line) || len(line) == 0 {
			return Verdict{Joins: true, State: inTrace}
		}
		return Verdict{Joins: true, State: raised}
	case raised:
		if len(line) == 0 {
			return Verdict{Joins: true, State: blankAfter}
		}
	}
	return Verdict{}
}

// golang joins a panic, or the goroutines that some server prints behind its message,
// up to the first line that is no part of a trace.
func golang(state uint8, line []byte) Verdict {
	switch {
	case state == plain && startsWith(line, "panic: ", "fatal error: ", "runtime: ", "SIG"):
		return Verdict{State: inTrace}
	case startsWith(line, "goroutine ") && bytes.HasSuffix(line, []byte("]:")):
		return Verdict{Joins: true, State: inTrace}
	case state == inTrace && (len(line) == 0 || indented(line) || call(line) || startsWith(line, "panic: ", "fatal error: ", "runtime: ",
		"created by ", "[signal ", "[recovered]", "goroutine ", "exit status ", "SIG", "PC=") || register(line)):
		return Verdict{Joins: true, State: inTrace}
	}
	return Verdict{}
}

// call reports whether a line is a frame such as "main.(*server).run(0xc000, …)".
func call(line []byte) bool {
	n := bytes.IndexByte(line, '(')
	return n > 0 && line[len(line)-1] == ')' && bytes.IndexByte(line[:n], ' ') < 0
}

// register reports whether a line is one of a dump of registers: "rax    0x0".
func register(line []byte) bool {
	fields := bytes.Fields(line)
	return len(fields) == 2 && len(fields[0]) <= 6 && startsWith(fields[1], "0x")
}
