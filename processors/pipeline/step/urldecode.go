package step

import "errors"

func urldecodeSpec() Spec {
	return Spec{
		Name:    "urldecode",
		Summary: "Decodes the %xx of a URL; a plus is a space.",
		Example: `{"urldecode": {"field": "url.query"}}`,
		Options: transformOptions(),
		compile: func(b *Build) Step {
			return compileTransform(b, 1, func(dst, text []byte) ([]byte, error) { return appendDecoded(dst, text, true) })
		},
	}
}

var errEscape = errors.New("the text has a % without two hexadecimal digits")

// appendDecoded appends text with its %xx decoded.
func appendDecoded(dst, text []byte, plusIsSpace bool) ([]byte, error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '+' && plusIsSpace:
			dst = append(dst, ' ')
		case c != '%':
			dst = append(dst, c)
		case i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]):
			return dst, errEscape
		default:
			dst = append(dst, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
		}
	}
	return dst, nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
