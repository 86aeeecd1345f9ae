package format

import (
	"bytes"
)

// Level returns the word for log.level — the source's own, in lower case; nil to leave it as it is — and the level's name in
// the one vocabulary we count by: trace, debug, info, notice, warn, error, critical, alert, emergency, fatal; empty if the
// word is none we know. Numbers as pino and Bunyan write them become names.
func Level(text []byte) (word []byte, name string) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) > maxLevel {
		return nil, ""
	}
	var buffer [maxLevel]byte
	lower := buffer[:0]
	changed := false
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
			changed = true
		}
		lower = append(lower, c)
	}
	name, own := levelName(lower)
	switch {
	case own != "":
		return []byte(own), name
	case changed:
		return bytes.Clone(lower), name
	}
	return text, name
}

// maxLevel is longer than any level.
const maxLevel = 24

// levelName knows the words of levels. own is set where the word itself is to be replaced in the document.
func levelName(lower []byte) (name, own string) {
	switch string(lower) {
	case "trace", "trc", "finest", "finer", "verbose", "silly":
		return "trace", ""
	case "debug", "dbg", "fine", "config", "debug1", "debug2", "debug3", "debug4", "debug5":
		return "debug", ""
	case "info", "inf", "information", "informational", "log", "system":
		return "info", ""
	case "notice", "note":
		return "notice", ""
	case "warn", "warning", "wrn", "deprecation":
		return "warn", ""
	case "error", "err", "severe":
		return "error", ""
	case "critical", "crit":
		return "critical", ""
	case "alert":
		return "alert", ""
	case "emergency", "emerg":
		return "emergency", ""
	case "fatal", "panic", "dpanic":
		return "fatal", ""
	case "10":
		return "trace", "trace"
	case "20":
		return "debug", "debug"
	case "30":
		return "info", "info"
	case "40":
		return "warn", "warn"
	case "50":
		return "error", "error"
	case "60":
		return "fatal", "fatal"
	}
	return "", ""
}
