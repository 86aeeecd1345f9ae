package token

import (
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                   nil,
		"Connection REFUSED":                 {"connection", "refused"},
		"10.0.0.1 - GET /a/b?x=1":            {"10.0.0.1", "get", "a", "b", "x", "1"},
		"api.example.com. don't 'quoted'":    {"api.example.com", "don't", "quoted"},
		"user_id=42, status:500":             {"user_id", "42", "status", "500"},
		"Größe Ünï":                          {"größe", "ünï"},
		"日本語ab":                              {"日", "本", "語", "ab"},
		"a..b .c. ":                          {"a", "b", "c"},
		"bad\xffbyte\x00nul":                 {"bad", "byte", "nul"},
		strings.Repeat("x", MaxBytes) + "yz": {strings.Repeat("x", MaxBytes), "yz"},
	} {
		if got := Of(text); !slices.Equal(got, want) {
			t.Errorf("Of(%q) = %q, want %q", text, got, want)
		}
	}
}
