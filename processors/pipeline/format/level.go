package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// levels gives the words of logs their level; a few servers say them in the user's language.
var levels = func() map[string]levelWord {
	table := map[string]levelWord{}
	for level, words := range map[string][]string{
		"trace":     {"trace", "trc", "trce", "finest", "finer", "verbose", "vrb", "silly", "t", "trace1", "trace2", "trace3", "trace4", "trace5", "trace6", "trace7", "trace8"},
		"debug":     {"debug", "dbg", "dbug", "fine", "config", "d", "d1", "d2", "d3", "d4", "d5", "debug1", "debug2", "debug3", "debug4", "debug5"},
		"info":      {"info", "inf", "infos", "information", "informational", "log", "system", "i", "detail", "hint", "context", "statement", "location", "query"},
		"notice":    {"notice", "note", "hinweis"},
		"warn":      {"warn", "warning", "wrn", "deprecation", "w", "warnung", "avertissement", "advertencia"},
		"error":     {"error", "err", "eror", "fail", "severe", "e", "fehler", "erreur", "errore", "erro", "schwerwiegend"},
		"critical":  {"critical", "crit"},
		"alert":     {"alert"},
		"emergency": {"emergency", "emerg"},
		"fatal":     {"fatal", "ftl", "panic", "dpanic", "f"},
	} {
		for _, word := range words {
			table[word] = levelWord{event.Constant(word), level}
		}
	}
	for number, level := range map[string]string{ // pino and Bunyan, and Monolog
		"10": "trace", "20": "debug", "30": "info", "40": "warn", "50": "error", "60": "fatal",
		"100": "debug", "200": "info", "250": "notice", "300": "warn", "400": "error", "500": "critical", "550": "alert", "600": "emergency",
	} {
		table[number] = levelWord{event.Constant(level), level}
	}
	return table
}()

// levelWord is what a word means, and what the document says for it.
type levelWord struct {
	word  event.Value
	level string
}

// Level returns the word for log.level — the source's own, in lower case; null if text is no word at all — and the level's
// name in the one vocabulary we count by: trace, debug, info, notice, warn, error, critical, alert, emergency, fatal; empty
// if the word is none we know. The numbers of pino, Bunyan and
// Monolog become names.
func Level(text []byte) (word event.Value, level string) {
	const longest = 24 // longer than any level
	var buffer [longest]byte
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) > longest {
		return word, ""
	}
	for i, c := range text {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		buffer[i] = c
	}
	if k, ok := levels[string(buffer[:len(text)])]; ok {
		return k.word, k.level
	}
	word = event.String(bytes.Clone(buffer[:len(text)]))
	if at := bytes.IndexAny(text, "+-"); at > 0 && isNumber(text[at+1:]) { // slog's WARN+1
		level = levels[string(buffer[:at])].level
	}
	return word, level
}
