package suggest

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/millrace/millrace/processors/pipeline/layout"
)

// enough is the share of lines that must agree on what they begin with.
const enough = 0.95

// layouts are what times at the beginning of lines are tried with, those of more words
// first: 2026-11-22 alone is a time, too.
var layouts = []string{
	"EEE, dd MMM yyyy HH:mm:ss Z", "EEE MMM dd HH:mm:ss yyyy", "EEE MMM d HH:mm:ss yyyy",
	"yyyy-MM-dd HH:mm:ss Z", "MMM dd HH:mm:ss", "MMM d HH:mm:ss",
	"yyyy-MM-dd HH:mm:ss,SSS", "yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd HH:mm:ss.SSSSSS", "yyyy-MM-dd HH:mm:ss",
	"yyyy/MM/dd HH:mm:ss", "yyyy/MM/dd HH:mm:ss.SSS", "yyyy/MM/dd HH:mm:ss.SSSSSS", "yyyyMMdd HH:mm:ss", "yyMMdd HH:mm:ss",
	"dd/MMM/yyyy:HH:mm:ss Z", "dd/MMM/yyyy HH:mm:ss", "dd-MMM-yyyy HH:mm:ss.SSS", "dd.MM.yyyy HH:mm:ss",
	"ISO8601", unixSeconds, unixMillis,
}

// Any number is a time in these; only those of our days are taken for one.
const (
	unixSeconds, unixSecondsDigits = "UNIX", 10
	unixMillis, unixMillisDigits   = "UNIX_MS", 13
)

// reads tells that a text is a time in a layout.
func reads(l *layout.Layout, text string, at time.Time) bool {
	whole, _, _ := strings.Cut(text, ".")
	switch l.String() {
	case unixSeconds:
		if len(whole) != unixSecondsDigits {
			return false
		}
	case unixMillis:
		if len(whole) != unixMillisDigits {
			return false
		}
	}
	_, err := l.Parse([]byte(text), at, time.UTC)
	return err == nil
}

var (
	levelWord  = regexp.MustCompile(`(?i)^(trace|debug|info|information|notice|warn|warning|error|err|severe|fatal|critical|crit|alert|emerg|panic)$`)
	threadWord = regexp.MustCompile(`^\[[^\]\s]+\]$`)
	loggerWord = regexp.MustCompile(`^[A-Za-z_$][\w$]*([.:/][\w$]+)+$`)
)

// head is what the lines begin with.
type head struct {
	pattern string   // dissect, up to the message
	fields  []string // in their order
	dates   []string // layouts of the field timestamp
	words   int      // how many words of a line it takes
}

// part is what one or some words of the head become.
type part struct {
	text  string
	field string // empty for a constant
	words int
	// firm parts belong to a head for sure. What follows the last of them may be the
	// beginning of a message that all lines happen to share.
	firm bool
}

// heading finds what the lines, as words, begin with; nil when that is nothing certain.
func heading(lines [][]string, at time.Time) *head {
	const most = 12
	h := &head{}
	var (
		names namer
		parts []part
		firm  int
	)
	for words := 0; words < most; {
		p := h.date(lines, words, at)
		if p.words == 0 {
			p = nextWord(lines, words, &names)
		}
		if p.words == 0 {
			break
		}
		words += p.words
		parts = append(parts, p)
		if p.firm {
			firm = len(parts)
		}
	}
	for _, p := range parts[:firm] {
		h.pattern += p.text + " "
		h.words += p.words
		if p.field != "" {
			h.fields = append(h.fields, p.field)
		}
	}
	if !h.has("timestamp") && !h.has("log.level") {
		return nil
	}
	h.pattern += "%{message}"
	return h
}

// date takes a time at the words that come next.
func (h *head) date(lines [][]string, from int, at time.Time) part {
	if len(h.dates) > 0 {
		return part{}
	}
	for _, name := range layouts {
		l, err := layout.Compile(name)
		if err != nil {
			continue
		}
		n := strings.Count(name, " ") + 1
		var texts []string
		for _, words := range lines {
			if from+n < len(words) {
				texts = append(texts, strings.Join(words[from:from+n], " "))
			}
		}
		before, after := around(texts)
		good := 0
		for _, text := range texts {
			if reads(l, strings.TrimSuffix(strings.TrimPrefix(text, before), after), at) {
				good++
			}
		}
		if good == 0 || float64(good) < enough*float64(len(lines)) {
			continue
		}
		h.dates = []string{name}
		text := before + "%{timestamp}" + strings.Repeat(" %{+timestamp}", n-1) + after
		return part{text: text, field: "timestamp", words: n, firm: true}
	}
	return part{}
}

// kinds of words that heads have, with the names of their fields. Those that are firm
// are hardly ever the beginning of a message.
var kinds = []struct {
	field string
	firm  bool
	is    func(string) bool
}{
	{"log.level", true, func(w string) bool { return levelWord.MatchString(strip(w)) }},
	{"source.ip", false, func(w string) bool { return isAddress(strip(w)) }},
	{"process.pid", false, func(w string) bool { return number.MatchString(strip(w)) }},
	{"process.thread.name", true, threadWord.MatchString},
	{"log.logger", true, func(w string) bool { return loggerWord.MatchString(strip(w)) }},
	{"log.logger", true, func(w string) bool { return len(w) > 1 && strings.HasSuffix(w, ":") }},
}

// nextWord takes the next word, when it is of the same kind in nearly all lines.
func nextWord(lines [][]string, at int, names *namer) part {
	var words []string
	next := map[string]int{}
	for _, line := range lines {
		if at+1 < len(line) {
			words = append(words, line[at])
			next[line[at+1]]++
		}
	}
	if float64(len(words)) < enough*float64(len(lines)) || len(words) == 0 {
		return part{}
	}
	share := func(is func(string) bool) bool {
		n := 0
		for _, w := range words {
			if is(w) {
				n++
			}
		}
		return float64(n) >= enough*float64(len(lines))
	}
	if share(kinds[0].is) {
		return taken(kinds[0].field, words, names, true)
	}
	if first := words[0]; share(func(w string) bool { return w == first }) && !strings.Contains(first, "%{") {
		mark := strings.IndexFunc(first, unicode.IsLetter) < 0
		return part{text: first, words: 1, firm: mark || strings.HasSuffix(first, ":") || strings.HasSuffix(first, "]")}
	}
	for _, k := range kinds[1:] {
		if share(k.is) {
			return taken(k.field, words, names, k.firm)
		}
	}
	if separated(next, len(lines)) {
		return taken("value", words, names, false)
	}
	return part{}
}

// taken is a part that takes a word as a field.
func taken(name string, words []string, names *namer, firm bool) part {
	before, after := around(words)
	field := names.unique(name)
	return part{text: before + "%{" + field + "}" + after, field: field, words: 1, firm: firm}
}

// separated tells that a mark follows in nearly all lines, as in "Logger - message".
func separated(next map[string]int, lines int) bool {
	for _, mark := range []string{"-", "|", ":", "--", "---", "=>", "::"} {
		if float64(next[mark]) >= enough*float64(lines) {
			return true
		}
	}
	return false
}

// around is the marks that nearly all words begin and end with.
func around(words []string) (before, after string) {
	count := func(is func(string) bool) bool {
		n := 0
		for _, w := range words {
			if is(w) {
				n++
			}
		}
		return float64(n) >= enough*float64(len(words))
	}
	for _, mark := range []string{"[", "(", "<", "{", `"`} {
		if count(func(w string) bool { return strings.HasPrefix(w, mark) }) {
			before = mark
		}
	}
	for _, mark := range []string{"]:", "],", "]", "):", ")", ">", "}", `"`, ":", ",", ";", "|"} {
		if count(func(w string) bool { return strings.HasSuffix(w, mark) }) {
			after = mark
			break
		}
	}
	return before, after
}

// rest is the message of a line behind its head.
func (h *head) rest(words []string) string {
	if h == nil {
		return strings.Join(words, " ")
	}
	return strings.Join(words[min(h.words, len(words)):], " ")
}

func (h *head) has(field string) bool { return h != nil && slices.Contains(h.fields, field) }
