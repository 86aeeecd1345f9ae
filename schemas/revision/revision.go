// Package revision names one immutable version of a collection config.
//
// A revision is content-addressed: the same canonical config always has the
// same ID on every machine, so a raw record can say which pipeline applies to
// it years later and nobody has to keep a counter.
package revision

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Size is the length of an ID in bytes.
const Size = 8

// ErrInvalid is returned by Parse for text that is not 16 hexadecimal digits.
var ErrInvalid = errors.New("revision must be 16 hexadecimal digits")

// ID is the first 8 bytes of the SHA-256 of a canonical collection config.
// The zero ID means "no revision" and belongs to no config.
type ID [Size]byte

// Of returns the revision of a canonical collection config.
func Of(canonical []byte) ID {
	sum := sha256.Sum256(canonical)
	return ID(sum[:Size])
}

// Parse reads the form that String writes. The error wraps ErrInvalid.
func Parse(text string) (ID, error) {
	var id ID
	if len(text) != 2*Size {
		return id, fmt.Errorf("%w: %q", ErrInvalid, text)
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return ID{}, fmt.Errorf("%w: %q", ErrInvalid, text)
	}
	return id, nil
}

// String is the ID as 16 lower-case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id is the zero ID.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText makes an ID a string in JSON and YAML.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}
