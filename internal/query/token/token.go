// Package token splits log text into the words that searches find.
//
// One function serves the embedded index, its queries and the live tail, so that all three agree on what a word is. It
// is pure, keeps no state and never fails: bytes that are not UTF-8 separate words like blanks do.
//
// A word is a run of letters, digits, marks and '_' in lower case; '.' and the apostrophe join when they stand between
// two word characters ("10.0.0.1", "api.example.com", "don't"). Han and Hiragana characters are words of their own.
// This is roughly what Elasticsearch's standard tokenizer does.
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
		case separator, joiner:
			i += width
		case single:
			fn(text[i : i+width])
			i += width
		default:
			n := wordLen(text[i:])
			fn(strings.ToLower(text[i : i+n]))
			i += n
		}
	}
}

// wordLen is the length of the word that text begins with.
func wordLen(text string) int {
	n := 0
	for n < len(text) {
		width, kind := class(text[n:])
		switch kind {
		case word:
		case joiner:
			if n+width >= len(text) {
				return n
			}
			if _, next := class(text[n+width:]); next != word {
				return n
			}
		default:
			return n
		}
		if n+width > MaxBytes {
			return n
		}
		n += width
	}
	return n
}

type kind uint8

const (
	separator kind = iota
	joiner
	word
	single
)

// ascii holds the class of each ASCII character.
var ascii = func() (t [utf8.RuneSelf]kind) {
	for c := range t {
		switch {
		case c == '.' || c == '\'':
			t[c] = joiner
		case c == '_', '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			t[c] = word
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
	switch {
	case r == utf8.RuneError && width == 1:
		return 1, separator
	case unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hiragana, r):
		return width, single
	case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
		return width, word
	}
	return width, separator
}
