package step

import (
	"crypto/md5"  //nolint:gosec // a fingerprint to tell events apart, asked for by its name
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func fingerprintSpec() Spec {
	return Spec{
		Name:    "fingerprint",
		Summary: "Writes a hash of fields, which tells events with the same values.",
		Example: `{"fingerprint": {"fields": ["user.name", "source.ip"], "method": "SHA-256", "salt": "pepper"}}`,
		Options: []Option{
			{Name: "fields", Type: TypeList, Required: true, Summary: "the fields, in any order; an object counts with all below it"},
			{Name: "target_field", Type: TypeTarget, Default: "fingerprint", Summary: "the field to write"},
			{Name: "method", Type: TypeText, Default: "SHA-1", Enum: []string{"MD5", "SHA-1", "SHA-256", "SHA-512", "MurmurHash3"}, Summary: "the hash"},
			{Name: "salt", Type: TypeText, Default: "", Summary: "text to hash before the fields"},
			ignoreMissingOption(false),
		},
		compile: func(b *Build) Step {
			s := &fingerprintStep{target: b.Target("target_field"), sum: digests[b.Text("method")], salt: b.Text("salt"), ignoreMissing: b.Bool("ignore_missing")}
			paths := b.List("fields")
			for _, path := range slices.Compact(slices.Sorted(slices.Values(paths))) {
				s.fields, s.paths = append(s.fields, b.Source("fields", path)), append(s.paths, strings.TrimPrefix(path, "ctx."))
			}
			return s
		},
	}
}

type fingerprintStep struct {
	fields        []event.ID
	paths         []string
	target        event.ID
	salt          string
	sum           func(text []byte) []byte
	ignoreMissing bool
}

var digests = map[string]func(text []byte) []byte{
	"MD5":         func(text []byte) []byte { s := md5.Sum(text); return s[:] },  //nolint:gosec // see above
	"SHA-1":       func(text []byte) []byte { s := sha1.Sum(text); return s[:] }, //nolint:gosec // see above
	"SHA-256":     func(text []byte) []byte { s := sha256.Sum256(text); return s[:] },
	"SHA-512":     func(text []byte) []byte { s := sha512.Sum512(text); return s[:] },
	"MurmurHash3": func(text []byte) []byte { s := murmur3(text); return s[:] },
}

func (s *fingerprintStep) Run(c *Context) error {
	e := c.Event
	text := append(e.Scratch(), s.salt...)
	start := len(text) - len(s.salt)
	seen := 0
	for i, id := range s.fields {
		size := len(text)
		if v := e.Get(id); v != nil && v.Kind != event.KindNull {
			text = appendHashed(text, s.paths[i], v)
		} else {
			text = s.below(e, text, s.paths[i])
		}
		if len(text) > size {
			seen++
		} else if !s.ignoreMissing {
			return errMissing
		}
		if err := c.spend(len(text) - size); err != nil {
			return err
		}
	}
	if seen == 0 {
		return nil
	}
	sum := s.sum(text[start:])
	out := base64.StdEncoding.AppendEncode(text, sum)
	e.Keep(out)
	e.Set(s.target, event.String(out[len(text):len(out):len(out)]))
	return nil
}

// below appends the fields of an object, by name.
func (s *fingerprintStep) below(e *event.Event, text []byte, path string) []byte {
	if !e.HasObject(path) {
		return text
	}
	var names []string
	e.Children(path, func(rest string, _ *event.Value) { names = append(names, path+"."+rest) })
	for _, name := range slices.Sorted(slices.Values(names)) {
		text = appendHashed(text, name, e.Get(e.Lookup(name)))
	}
	return text
}

// appendHashed appends a field so that no two different ones look the same.
func appendHashed(text []byte, path string, v *event.Value) []byte {
	text = append(append(text, path...), 0)
	return append(append(text, v.Text()...), 0)
}
