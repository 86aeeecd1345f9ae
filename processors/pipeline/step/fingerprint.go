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
		Summary: "Writes a hash of fields, which tells events with the same values. It is the hash that Elasticsearch makes of them.",
		Example: `{"fingerprint": {"fields": ["user.name", "source.ip"], "method": "SHA-256", "salt": "pepper"}}`,
		Options: []Option{
			{Name: "fields", Type: TypeList, Required: true, Summary: "the fields, in any order; an object counts with the names and values of all below it, others by their values"},
			{Name: "target_field", Type: TypeTarget, Default: "fingerprint", Summary: "the field to write"},
			{Name: "method", Type: TypeText, Default: "SHA-1", Enum: []string{"MD5", "SHA-1", "SHA-256", "SHA-512", "MurmurHash3"}, Summary: "the hash"},
			{Name: "salt", Type: TypeText, Default: "", Summary: "text to hash before the fields"},
			ignoreMissingOption(false),
		},
		compile: func(b *Build) Step {
			s := &fingerprintStep{target: b.Target("target_field"), sum: digests[b.Text("method")], ignoreMissing: b.Bool("ignore_missing")}
			if salt := b.Text("salt"); strings.TrimSpace(salt) != "" {
				s.salt = salt
			}
			for _, path := range b.List("fields") {
				s.fields = append(s.fields, hashed{b.Source("fields", path), strings.TrimPrefix(path, "ctx.")})
			}
			slices.SortStableFunc(s.fields, func(x, y hashed) int { return strings.Compare(x.path, y.path) })
			return s
		},
	}
}

type fingerprintStep struct {
	fields        []hashed
	target        event.ID
	salt          string
	sum           func(dst, text []byte) []byte
	ignoreMissing bool
}

// hashed is a field to hash.
type hashed struct {
	id   event.ID
	path string
}

// digests append a hash of a text.
var digests = map[string]func(dst, text []byte) []byte{
	"MD5":         func(dst, text []byte) []byte { s := md5.Sum(text); return append(dst, s[:]...) },  //nolint:gosec // see above
	"SHA-1":       func(dst, text []byte) []byte { s := sha1.Sum(text); return append(dst, s[:]...) }, //nolint:gosec // see above
	"SHA-256":     func(dst, text []byte) []byte { s := sha256.Sum256(text); return append(dst, s[:]...) },
	"SHA-512":     func(dst, text []byte) []byte { s := sha512.Sum512(text); return append(dst, s[:]...) },
	"MurmurHash3": func(dst, text []byte) []byte { s := murmur3(text); return append(dst, s[:]...) },
}

// Run hashes the salt, then every value behind a zero byte; names only of what lies in
// objects.
func (s *fingerprintStep) Run(c *Context) error {
	e := c.Event
	text := append(e.Scratch(), s.salt...)
	start := len(text) - len(s.salt)
	found := false
	for _, f := range s.fields {
		size, there := len(text), true
		if v := e.Get(f.id); v != nil && v.Kind != event.KindNull {
			text = appendHashed(text, v)
		} else {
			text, there = appendBelow(e, text, f.path)
		}
		if !there && !s.ignoreMissing {
			return errMissing
		}
		found = found || there
		if err := c.spend(len(text) - size); err != nil {
			return err
		}
	}
	if !found {
		return nil
	}
	end := len(text)
	sum := s.sum(text, text[start:])
	out := base64.StdEncoding.AppendEncode(sum, sum[end:])
	e.Keep(out)
	e.Set(s.target, event.String(out[len(sum):len(out):len(out)]))
	return nil
}
