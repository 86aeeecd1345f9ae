package wire

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// Secret is text that is never printed: fmt, slog, JSON and YAML show *** in its
// place. Convert it to a string where it is used, and nowhere else. (fmt looks into a
// struct's unexported fields without asking their types, so keep it in exported ones.)
type Secret string

const hidden = "***"

// String hides the secret from fmt.
func (s Secret) String() string { return s.masked() }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.masked() }

// Format hides the secret from every other verb of fmt, such as %x.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.masked())) }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.masked()) }

// MarshalText hides the secret from JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.masked()), nil }

func (s Secret) masked() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Reveal returns the secret itself: text, or the content of file without its last
// newline where a file is named. key is the path of the file's key, for the error.
func Reveal(key string, text Secret, file string) (string, error) {
	if file == "" {
		return string(text), nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	secret := strings.TrimRight(string(b), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%s: %s is empty", key, file)
	}
	return secret, nil
}
