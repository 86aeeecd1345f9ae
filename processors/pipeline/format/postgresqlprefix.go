package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// setPrefix reads what log_line_prefix put beside the time: [pid] or [pid-line], user@database, host(port), key=value.
func setPrefix(e *event.Event, prefix []byte) {
	for len(prefix) > 0 {
		var word []byte
		if host := hostAndPort(prefix); host > 0 {
			word, prefix = prefix[:host], prefix[host:]
		} else if key := bytes.IndexAny(prefix, "= ,;|:"); key > 0 && prefix[key] == '=' {
			end := pairEnd(prefix, key+1)
			setPrefixPair(e, prefix[:key], trimBrackets(bytes.TrimRight(prefix[key+1:end], ":")))
			prefix = prefix[min(end+1, len(prefix)):]
			continue
		} else if i := bytes.IndexAny(prefix, " ,;|:"); i >= 0 {
			word, prefix = prefix[:i], prefix[i+1:]
		} else {
			word, prefix = prefix, nil
		}
		setPrefixWord(e, word)
	}
}

// hostAndPort is the length of an address with its port, such as fe80::1(51000), that a text begins with.
func hostAndPort(text []byte) int {
	const longest = 64
	head := text[:min(len(text), longest)]
	open := bytes.IndexByte(head, '(')
	if open < 0 || !isIP(head[:open]) {
		return 0
	}
	return open + 1 + bytes.IndexByte(head[open:], ')')
}

// pairEnd is where the value ends that begins at from: at a comma, or at a blank, unless the value itself has blanks and a
// comma ends it, as in app=pgbench worker,client=….
func pairEnd(prefix []byte, from int) int {
	end := bytes.IndexAny(prefix[from:], ",;|")
	if end >= 0 && bytes.IndexByte(prefix[from:from+end], '=') < 0 {
		return from + end
	}
	if end = bytes.IndexByte(prefix[from:], ' '); end >= 0 {
		return from + end
	}
	return len(prefix)
}

func setPrefixWord(e *event.Event, word []byte) {
	if user, database, ok := bytes.Cut(word, []byte("@")); ok {
		setText(e, event.UserName, trimBrackets(user))
		if len(database) > 0 {
			setOwn(e, "postgresql.log.database", event.String(trimBrackets(database)))
		}
		return
	}
	if at := bytes.IndexByte(word, '('); at > 0 && word[len(word)-1] == ')' && isNumber(word[at+1:len(word)-1]) {
		setSource(e, word[:at])
		setCount(e, event.SourcePort, word[at+1:len(word)-1])
		return
	}
	if at := bytes.IndexByte(word, '['); at > 0 { // postgres[pid], as syslog writes it
		word = word[at:]
	}
	const sessionLine = "postgresql.log.session_line_number"
	pid, line, _ := bytes.Cut(trimBrackets(word), []byte("-"))
	switch {
	case !isNumber(pid):
	case !e.Has(event.ProcessPID):
		setCount(e, event.ProcessPID, pid)
		setOwnCount(e, sessionLine, line)
	case !e.Has(e.Lookup(sessionLine)): // [pid]: [line-1]
		setOwnCount(e, sessionLine, pid)
	}
}

func setPrefixPair(e *event.Event, key, value []byte) {
	if len(value) == 0 {
		return
	}
	switch string(key) {
	case "user":
		e.Set(event.UserName, event.String(value))
	case "db", "database":
		setOwn(e, "postgresql.log.database", event.String(value))
	case "app", "application":
		setOwn(e, "postgresql.log.application_name", event.String(value))
	case "client", "host", "remote":
		if string(value) == "local" { // pgSocket without its brackets
			return
		}
		if at := bytes.IndexByte(value, '('); at > 0 {
			setCount(e, event.SourcePort, bytes.TrimSuffix(value[at+1:], []byte(")")))
			value = value[:at]
		}
		setSource(e, value)
	case "pid":
		setCount(e, event.ProcessPID, value)
	}
}
