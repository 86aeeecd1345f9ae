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
		"APIエラー ひら":                          {"api", "エラー", "ひ", "ら"},
		"host1.example.com v1.2.3-rc1.x":     {"host1", "example.com", "v1.2.3", "rc1", "x"},
		"a.1 1.a a'1 1.2 1'2 1,2 1;2 a:b":    {"a", "1", "1", "a", "a", "1", "1.2", "1'2", "1", "2", "1", "2", "a", "b"},
		"_ __ _a a_ 1_a a__b a._b _._":       {"_a", "a_", "1_a", "a__b", "a", "_b"},
		"don’t":                              {"don’t"},
		"a\u0301b \u0301c a\u00adb a\u200bb": {"a\u0301b", "c", "a\u00adb", "a", "b"},
		"½ x² ① Ⅷ १२३":                       {"x", "ⅷ", "१२३"},
		"a..b .c. ":                          {"a", "b", "c"},
		"bad\xffbyte\x00nul":                 {"bad", "byte", "nul"},
		strings.Repeat("x", MaxBytes) + "yz": {strings.Repeat("x", MaxBytes), "yz"},
	} {
		if got := Of(text); !slices.Equal(got, want) {
			t.Errorf("Of(%q) = %q, want %q", text, got, want)
		}
	}
}
