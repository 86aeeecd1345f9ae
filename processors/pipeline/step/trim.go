package step

import "bytes"

func trimSpec() Spec {
	return Spec{
		Name:    "trim",
		Summary: "Cuts white space and control characters off both ends of a text.",
		Example: `{"trim": {"field": "user.name", "ignore_missing": true}}`,
		Options: transformOptions(),
		compile: func(b *Build) Step {
			return compileTransform(b, 1, func(dst, text []byte) ([]byte, error) {
				return append(dst, bytes.TrimFunc(text, func(r rune) bool { return r <= ' ' })...), nil
			})
		},
	}
}
