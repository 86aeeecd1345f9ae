package format

import (
	"bytes"
	"slices"
	"time"

	"github.com/millrace/millrace/processors/pipeline/layout"
)

// Signs tell the lines of one format from those of others that understand them, too.

func containsAny(texts ...string) func([]byte) bool {
	return func(line []byte) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return bytes.Contains(line, []byte(text)) })
	}
}

// signTraefik looks for the duration that ends a line of Traefik.
func signTraefik(line []byte) bool {
	return bytes.HasSuffix(line, []byte("ms")) || len(line) > 0 && line[0] == '{'
}

// signPostgreSQL looks for what ends a prefix of PostgreSQL, or for the columns of its CSV: other logs have an ERROR: as well.
func signPostgreSQL(line []byte) bool {
	const columns = 13
	return bytes.Contains(line, []byte(":  ")) || bytes.Count(line, []byte(",")) > columns || len(line) > 0 && line[0] == '{'
}

// signMongoDB wants JSON, or a component before the thread, or a thread that only MongoDB has: before 3.0 it wrote no more.
func signMongoDB(line []byte) bool {
	if len(line) > 0 && line[0] == '{' {
		return true
	}
	before, after, _ := bytes.Cut(line, []byte("["))
	if component := bytes.TrimRight(before, " -"); len(component) > 0 && isCapital(component[len(component)-1]) {
		return true
	}
	return slices.ContainsFunc([]string{"conn", "initandlisten]", "rs"}, func(thread string) bool { return bytes.HasPrefix(after, []byte(thread)) })
}

// signAccess takes what has no header of syslog: behind one, an access line is a message.
func signAccess(line []byte) bool {
	if len(line) == 0 || line[0] == '<' || isStamp(line) {
		return false
	}
	_, n := layout.Syslog(line, time.Time{}, time.UTC)
	return n == 0
}

// signMySQL looks for a name of MySQL's, a date of six digits, or the number of a thread before the level.
func signMySQL(line []byte) bool {
	const date = len("261122")
	if hasMySQLName(line) || len(line) > date && line[0] != '{' && isNumber(line[:date]) && line[date] == ' ' {
		return true
	}
	before, _, _ := bytes.Cut(line, []byte(" ["))
	return isNumber(before[bytes.LastIndexByte(before, ' ')+1:])
}

var hasMySQLName = containsAny("[MY-", "InnoDB", "mysqld", "[Entrypoint]", `"err_symbol"`, `"err_code"`)

// signSyslog takes a priority, the name of a month, or a time with a T and a tag: other logs begin with dates, too.
func signSyslog(line []byte) bool {
	const month, date = 3, 10
	line = behindLength(line)
	if len(line) <= date || line[0] == '<' {
		return len(line) > 0 && line[0] == '<'
	}
	if _, n := cutVersion(line); n > 0 {
		return isStamp(line[n:])
	}
	return !isDigit(line[0]) && line[month] == ' ' || line[date] == 'T' && bytes.Contains(line, []byte(": "))
}

// signLogfmt wants a pair first: in a sentence a = comes later.
func signLogfmt(line []byte) bool {
	word, _, _ := bytes.Cut(bytes.TrimLeft(line, " "), []byte(" "))
	return bytes.IndexByte(word, '=') > 0
}

// marksApache looks for what nginx never writes: a - for a size of nothing, the name of a user's machine, the log of TLS.
func marksApache(line []byte) bool {
	if len(line) > 0 && line[0] == '[' {
		return true
	}
	var l accessLine
	i, err := l.cutTime(line)
	if err != nil {
		return false
	}
	if _, err := l.cutRequest(line, i); err != nil {
		return false
	}
	c := cursor{b: l.head}
	c.word()
	identity, _ := c.next()
	_, named := c.next()
	return isDash(l.size) || named && c.end() && !isDash(identity)
}
