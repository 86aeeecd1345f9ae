package step

import (
	"bytes"
	"unicode/utf8"
)

func lowercaseSpec() Spec {
	return Spec{
		Name:    "lowercase",
		Summary: "Turns text into lower case.",
		Example: `{"lowercase": {"field": "http.request.method"}}`,
		Options: transformOptions(),
		compile: func(b *Build) Step { return compileTransform(b, 1, appendLower) },
	}
}

func appendLower(dst, text []byte) ([]byte, error) {
	for i, c := range text {
		switch {
		case c >= utf8.RuneSelf:
			return append(dst, bytes.ToLower(text[i:])...), nil
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst, nil
}
