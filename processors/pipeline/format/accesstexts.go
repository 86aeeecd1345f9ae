package format

import "bytes"

// cutTexts reads "REFERRER" "AGENT" at i and returns the index behind them. Some servers write the referrer, or a - for it,
// without quotes. And servers can be told to write more words before them, a duration or an address; those are passed over.
func (l *accessLine) cutTexts(line []byte, i int) (end int) {
	if at := skipSpaces(line, i); at >= len(line) || line[at] == '"' {
		l.referrer, i = quotedField(line, i)
		l.agent, i = quotedField(line, i)
		return i
	}
	if at := textsBehind(line, i); at > 0 {
		l.referrer, at = quotedField(line, at)
		l.agent, at = quotedField(line, at)
		return at
	}
	c := cursor{b: line, i: i}
	word, ok := c.next()
	if !ok || !isDash(word) && !isURL(word) {
		return i
	}
	l.referrer = word
	if l.agent, end = quotedField(line, c.i); end > c.i {
		return end
	}
	end = c.i
	if word, ok := c.next(); ok && isDash(word) {
		l.agent, end = word, c.i
	}
	return end
}

// textsBehind is where, behind some words at i, a referrer and a user agent follow each other in quotes, or 0.
func textsBehind(line []byte, i int) int {
	const mostWords = 6
	c := cursor{b: line, i: i}
	for range mostWords {
		if _, ok := c.next(); !ok {
			return 0
		}
		at := skipSpaces(line, c.i)
		if at >= len(line) || line[at] != '"' {
			continue
		}
		referrer, end := quotedField(line, at)
		if next := skipSpaces(line, end); next < len(line) && line[next] == '"' && isReferrer(referrer) {
			return at
		}
		return 0
	}
	return 0
}

// isReferrer reports whether a text can be a referrer, or says that there was none.
func isReferrer(text []byte) bool {
	return len(text) == 0 || isDash(text) || text[0] == '/' || isURL(text)
}

// quotedField reads a quoted field at i, or nothing where there is none. A quote behind a backslash, or one that no space
// follows, belongs to the text.
func quotedField(line []byte, i int) (text []byte, end int) {
	start := skipSpaces(line, i)
	if start >= len(line) || line[start] != '"' {
		return nil, i
	}
	start++
	for from := start; ; {
		quote := bytes.IndexByte(line[from:], '"')
		if quote < 0 {
			return line[start:], len(line) // cut off
		}
		quote += from
		if (quote+1 == len(line) || line[quote+1] == ' ') && !escaped(line[start:quote]) {
			return line[start:quote], quote + 1
		}
		from = quote + 1
	}
}

// escaped reports whether the text ends in an odd number of backslashes.
func escaped(text []byte) bool {
	n := 0
	for n < len(text) && text[len(text)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}
