package step

import (
	"bytes"
	"unicode/utf8"
)

func uppercaseSpec() Spec {
	return Spec{
		Name:    "uppercase",
		Summary: "Turns text into upper case.",
		Example: `{"uppercase": {"field": "client.geo.country_iso_code"}}`,
		Options: transformOptions(),
		compile: func(b *Build) Step { return compileTransform(b, 1, appendUpper) },
	}
}

func appendUpper(dst, text []byte) ([]byte, error) {
	for i, c := range text {
		switch {
		case c >= utf8.RuneSelf:
			return append(dst, bytes.ToUpper(text[i:])...), nil
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst, nil
}
