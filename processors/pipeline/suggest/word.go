package suggest

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

// class is what a word looks like.
type class struct {
	name  string
	field string // a name for it where nothing better is known
	is    func(string) bool
}

var (
	number   = regexp.MustCompile(`^[-+]?\d+([.,]\d+)*$`)
	measured = regexp.MustCompile(`^[-+]?\d+([.,]\d+)?(ns|us|µs|ms|s|m|h|B|kB|KB|KiB|MB|MiB|GB|GiB|%)$`)
	uuid     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	hex      = regexp.MustCompile(`^(0x)?[0-9a-fA-F]{6,}$`)
	email    = regexp.MustCompile(`^[\w.+-]+@[\w-]+(\.[\w-]+)+$`)
	link     = regexp.MustCompile(`^[a-z][a-z0-9+]*://\S+$`)
	path     = regexp.MustCompile(`^/\S+$`)
	clock    = regexp.MustCompile(`^\d{1,4}[-/:.]\d{1,2}[-/:.]\d{1,4}\S*$`)
)

// classes in the order in which they are tried.
var classes = []class{
	{"ip", "source.ip", isAddress},
	{"number", "number", number.MatchString},
	{"measure", "duration", measured.MatchString},
	{"uuid", "id", uuid.MatchString},
	{"time", "time", clock.MatchString},
	{"hex", "hash", func(s string) bool { return hex.MatchString(s) && strings.ContainsAny(s, "0123456789") }},
	{"email", "user.email", email.MatchString},
	{"url", "url.original", link.MatchString},
	{"path", "file.path", path.MatchString},
}

// classOf is what a word looks like, nil for a mere word.
func classOf(word string) *class {
	for i := range classes {
		if classes[i].is(word) {
			return &classes[i]
		}
	}
	return nil
}

func isAddress(s string) bool {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.IsValid()
	}
	_, err := netip.ParseAddrPort(s)
	return err == nil
}

// looksVariable tells words that are hardly part of a text: with digits, or a value
// behind a key.
func looksVariable(word string) bool {
	if key, value, ok := strings.Cut(word, "="); ok && key != "" && value != "" {
		return true
	}
	return strings.IndexFunc(word, unicode.IsDigit) >= 0 || classOf(strip(word)) != nil
}

// strip takes marks away that stand around a word.
func strip(word string) string { return strings.Trim(word, `[](){}<>"',;:`) }

// common is the text that all values begin and end with, cut back so that it ends, and
// begins, at a mark: user=ann and user=amy have "user=" in common, and not "user=a".
func common(values []string) (before, after string) {
	if len(values) == 0 {
		return "", ""
	}
	before, after = values[0], values[0]
	for _, v := range values[1:] {
		for !strings.HasPrefix(v, before) {
			before = before[:len(before)-1]
		}
		for !strings.HasSuffix(v, after) {
			after = after[1:]
		}
	}
	before = before[:strings.LastIndexFunc(before, isMark)+1]
	for after != "" && !isMark(rune(after[0])) {
		next := strings.IndexFunc(after, isMark)
		if next < 0 {
			after = ""
			break
		}
		after = after[next:]
	}
	for _, v := range values {
		if len(before)+len(after) >= len(v) { // nothing would be left between them
			after = ""
		}
		if len(before) >= len(v) {
			return "", ""
		}
	}
	return before, after
}

func isMark(r rune) bool { return r < 0x80 && strings.ContainsRune("=:[](){}<>\"'#,;|@", r) }
