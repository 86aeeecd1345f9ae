// Package token splits log text into the words that searches find.
//
// One function serves the embedded index, its queries and the live tail, so that all three agree on what a word is. It
// is pure, keeps no state and never fails: bytes that are not UTF-8 separate words like blanks do.
//
// A word is a run of letters, digits, marks and '_' in lower case that is not of '_' alone. '.' and the apostrophe join
// between two letters or two digits: "10.0.0.1", "api.example.com" and "don't" are words, "host1.example.com" is two.
// Han and Hiragana characters are words of their own, and Katakana does not go on into letters.
//
// That is what Elasticsearch's standard tokenizer does, but for what it joins by ':' between letters, and by ',' and ';'
// between digits: "level:error" is one word there and two here, which finds more. Emoji are words there.
package token

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBytes is the longest word; a longer run is cut into words of this length, as Elasticsearch cuts at 255 characters.
const MaxBytes = 255

// Append appends the words of text to dst and returns it.
func Append(dst []string, text string) []string {
	Each(text, func(word string) { dst = append(dst, word) })
	return dst
}

// Of returns the words of text in order.
func Of(text string) []string { return Append(nil, text) }

// Each calls fn with each word of text in order. Words that are in lower case already are slices of text.
func Each(text string, fn func(word string)) {
	for i := 0; i < len(text); {
		width, kind := class(text[i:])
		switch kind {
		case separator, joiner, mark:
			i += width
		case single:
			fn(text[i : i+width])
			i += width
		default:
			n, solid := wordLen(text[i:])
			if solid {
				fn(strings.ToLower(text[i : i+n]))
			}
			i += n
		}
	}
}

// wordLen is the length of the word that text begins with; it is solid when it has more than '_'.
func wordLen(text string) (n int, solid bool) {
	last := under
	for n < len(text) {
		width, kind := class(text[n:])
		switch kind {
		case letter, digit:
			if last == kana {
				return n, solid
			}
		case kana:
			if last == letter || last == digit {
				return n, solid
			}
		case under, mark:
		case joiner:
			if !joins(last, text[n+width:]) {
				return n, solid
			}
		default:
			return n, solid
		}
		if n+width > MaxBytes {
			return n, solid
		}
		if kind != mark && kind != joiner {
			last = kind
		}
		solid = solid || kind == letter || kind == digit || kind == kana
		n += width
	}
	return n, solid
}

// joins says whether a joiner behind a character of kind last holds it together with rest.
func joins(last kind, rest string) bool {
	if last != letter && last != digit || rest == "" {
		return false
	}
	_, next := class(rest)
	return next == last
}

type kind uint8

const (
	separator kind = iota
	joiner
	letter
	digit
	under
	kana   // Katakana
	single // a word of its own
	mark   // goes with the character before it
)

// ascii holds the class of each ASCII character.
var ascii = func() (t [utf8.RuneSelf]kind) {
	for c := range t {
		switch {
		case c == '.' || c == '\'':
			t[c] = joiner
		case c == '_':
			t[c] = under
		case '0' <= c && c <= '9':
			t[c] = digit
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			t[c] = letter
		}
	}
	return t
}()

// class returns the width and the class of the first character of s.
func class(s string) (int, kind) {
	if s[0] < utf8.RuneSelf {
		return 1, ascii[s[0]]
	}
	r, width := utf8.DecodeRuneInString(s)
	return width, classOf(r, width)
}

// zeroWidthSpace is the one format character that parts words.
const zeroWidthSpace = '\u200b'

func classOf(r rune, width int) kind {
	switch {
	case r == utf8.RuneError && width == 1, r == zeroWidthSpace:
		return separator
	case r == '\u2019', r == '\u2018': // typographic apostrophes
		return joiner
	case unicode.Is(unicode.Han, r), unicode.Is(unicode.Hiragana, r):
		return single
	case unicode.Is(unicode.Katakana, r), r == 'ー', r == 'ｰ':
		return kana
	case unicode.IsLetter(r), unicode.Is(unicode.Nl, r):
		return letter
	case unicode.IsDigit(r):
		return digit
	case unicode.IsMark(r), unicode.Is(unicode.Cf, r):
		return mark
	}
	return separator
}
