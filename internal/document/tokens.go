package document

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/millrace/millrace/internal/query/address"
	"github.com/millrace/millrace/internal/query/token"
)

// MessageField is the one analysed field; all others are keywords.
const MessageField = "message"

// OffsetField is where an event begins in its file; it orders events of one time.
const OffsetField = "log.offset"

const (
	// MaxValue is how much of a value its token holds, in bytes: longer ones are cut and found by reading the document.
	MaxValue = 128
	// MaxPath is the longest path that is indexed.
	MaxPath = 256
	// MaxTokens bounds the field tokens of one document.
	MaxTokens = 128
)

// Tokens that no field or word gives: an apostrophe is only followed by two hexadecimal digits in those.
const (
	// Partial marks a document of which some fields have no token. A search for a field must consider it, too.
	Partial = "'x"
	// gap stands between the values of an array of messages, so that no phrase reaches over.
	gap = "'y"
	// cut ends the token of a value that was cut.
	cut = "'z"
)

// StreamFields are the fields of which a volume keeps the values by stream, not by document: those that searches filter
// and count by, and those that are the same in all events of a source.
var StreamFields = []string{
	"service.name", "host.name", "log.level",
	"service.environment", "agent.id", "agent.type", "ecs.version", "millrace.collection", "millrace.revision",
}

// Enums are numeric fields with few values, of which a volume keeps a list: a range over them is a choice of values.
var Enums = []string{"http.response.status_code", "event.severity", "log.syslog.severity.code", "process.exit_code"}

// unindexed are the fields without tokens: those of streams, the message, and dates and places in files, which are nearly
// all different and are not asked for one by one.
var unindexed = func() map[string]bool {
	m := map[string]bool{
		TimeField: true, MessageField: true, OffsetField: true,
		"event.original": true, "event.created": true, "event.ingested": true, "event.start": true, "event.end": true,
	}
	for _, f := range StreamFields {
		m[f] = true
	}
	return m
}()

// echoed are fields with a great many values that are parts of the line they were read from. Where the message holds the
// value word for word there is no token for it: the words of the message find it.
var echoed = map[string]bool{
	"url.original": true, "url.full": true, "url.query": true, "http.request.referrer": true, "user_agent.original": true,
	"source.address": true, "source.ip": true, "client.address": true, "client.ip": true,
	"http.request.body.bytes": true, "http.response.body.bytes": true,
}

// Echoed says whether values of a field may have no token because the message holds them.
func Echoed(field string) bool { return echoed[field] }

// Indexed says whether the leaves of a field have tokens.
func Indexed(field string) bool { return !unindexed[field] && len(field) <= MaxPath }

// Class is what becomes of the leaves of a field.
type Class uint8

// The classes of fields.
const (
	Plain   Class = iota // a token for each value
	Hidden               // no token
	Words                // the message
	Stream               // one of StreamFields
	Offset               // log.offset, by which hits are ordered
	Enum                 // one of Enums; has tokens
	Echo                 // a token, unless the message holds the value
	TooLong              // no token, because the name is too long
)

// field is what a parser knows about a field from the first time it has met it.
type field struct {
	path  string
	class Class
	ip    bool
	head  []byte // what its tokens begin with
}

func newField(path string) *field {
	f := &field{path: path, ip: address.Field(path), head: append(appendEscaped(nil, path, true), ':')}
	switch {
	case path == MessageField:
		f.class = Words
	case slices.Contains(StreamFields, path):
		f.class = Stream
	case path == OffsetField:
		f.class = Offset
	case unindexed[path]:
		f.class = Hidden
	case slices.Contains(Enums, path):
		f.class = Enum
	case echoed[path]:
		f.class = Echo
	case len(path) > MaxPath:
		f.class = TooLong
	}
	return f
}

// AppendTokens appends the tokens of a document, separated by blanks: the words of its message in order, then one token
// for each other indexed leaf; that of an address is of its canonical spelling.
func (d *Doc) AppendTokens(dst []byte) []byte {
	fields, partial, messages := 0, false, 0
	for i, l := range d.Leaves {
		if d.fields[i].class != Words {
			continue
		}
		if messages++; messages > 1 {
			dst = append(append(dst, gap...), ' ')
		}
		token.Each(l.Text, func(w string) { dst = append(append(dst, w...), ' ') })
	}
	for i, l := range d.Leaves {
		f, value := d.fields[i], l.Text
		if f.ip {
			value = address.Canonical(value)
		}
		switch f.class {
		case Hidden, Words, Stream, Offset:
			continue
		case Echo: // under another spelling nobody would look for it
			if value == l.Text && d.echoes(value) {
				continue
			}
		}
		if fields >= MaxTokens || f.class == TooLong {
			partial = true
			continue
		}
		dst = append(appendValue(append(dst, f.head...), value), ' ')
		fields++
	}
	if partial {
		dst = append(append(dst, Partial...), ' ')
	}
	return dst
}

// echoes says whether a message holds the words of a value one after the other, with no word going on at either end.
func (d *Doc) echoes(value string) bool {
	if !strings.ContainsFunc(value, alphanumeric) {
		return false // it has no words to be found by
	}
	for i, l := range d.Leaves {
		if d.fields[i].class == Words && holds(l.Text, value) {
			return true
		}
	}
	return false
}

func alphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// holds says whether value stands in text between characters that end words. Only ASCII ones are looked for.
func holds(text, value string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			return false
		}
		start := from + i
		end := start + len(value)
		if (start == 0 || separates(text[start-1])) && (end == len(text) || separates(text[end])) {
			return true
		}
		from = start + 1
	}
}

// separates says whether a character is in no word and joins none.
func separates(c byte) bool {
	return c < utf8.RuneSelf && c != '_' && c != '.' && c != '\'' && !alphanumeric(rune(c))
}

// Token is the token of a field's value. It is exact unless the value had to be cut.
func Token(field, value string) (tok string, exact bool) {
	return string(appendToken(nil, field, value)), len(value) <= MaxValue
}

// Stem is what the tokens of all values of a field begin with that begin with prefix. It is exact unless the prefix had
// to be cut.
func Stem(field, prefix string) (stem string, exact bool) {
	exact = len(prefix) <= MaxValue
	if !exact {
		prefix = prefix[:MaxValue]
	}
	return string(appendEscaped(append(appendEscaped(nil, field, true), ':'), prefix, false)), exact
}

// Below is what the tokens of all fields inside an object begin with.
func Below(object string) string { return string(appendEscaped(nil, object+".", true)) }

func appendToken(dst []byte, field, value string) []byte {
	return appendValue(append(appendEscaped(dst, field, true), ':'), value)
}

func appendValue(dst []byte, value string) []byte {
	if len(value) <= MaxValue {
		return appendEscaped(dst, value, false)
	}
	return append(appendEscaped(dst, value[:MaxValue], false), cut...)
}

const hexDigits = "0123456789abcdef"

// appendEscaped writes text in characters that the index keeps as they are and apart: it folds upper case, so A becomes
// =a, and whatever it takes as a separator becomes an apostrophe and two digits. A colon ends the field name and stays as
// it is in values. Words of a message never hold a colon, so they are never taken for fields.
func appendEscaped(dst []byte, text string, field bool) []byte {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c >= 0x80, c == '.', c == '_', c == '-', c == '/', c == ':' && !field:
			dst = append(dst, c)
		case 'A' <= c && c <= 'Z':
			dst = append(dst, '=', c+('a'-'A'))
		default:
			dst = append(dst, '\'', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

// IsPartial says whether tokens end with the mark of a document of which some fields have none.
func IsPartial(tokens []byte) bool { return bytes.HasSuffix(tokens, []byte(Partial+" ")) }

// HasUnindexedBelow says whether an object may hold fields without tokens.
func HasUnindexedBelow(object string) bool {
	for _, fields := range []map[string]bool{unindexed, echoed} {
		for field := range fields {
			if strings.HasPrefix(field, object+".") {
				return true
			}
		}
	}
	return false
}
