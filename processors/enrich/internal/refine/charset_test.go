package refine

import (
	"testing"
	"unicode/utf8"

	"github.com/millrace/millrace/schemas/collect"
)

func TestCharsetsBecomeUTF8(t *testing.T) {
	cases := []struct {
		name, bytes, want string
		ok                bool
	}{
		{"utf-16le", "a\x00\x60\x4f\x34\xd8\x1e\xdd", "a你𝄞", true},
		{"utf-16be", "\x00a\x4f\x60", "a你", true},
		{"utf-16le", "a\x00\x34\xd8b\x00", "a\ufffdb", false},
		{"utf-16le", "a\x00b", "a\ufffd", false},
		{"gbk", "\xc4\xe3\xba\xc3!", "你好!", true},
		{"gbk", "\xc4\xe3\xffx", "你\ufffdx", false},
		{"gb18030", "\x81\x30\x81\x30\xc4\xe3", "\u0080你", true},
		{"big5", "\xa7\x41\xa6\x6e", "你好", true},
		{"shift-jis", "\x83\x65\x83\x58\x83\x67", "テスト", true},
		{"euc-jp", "\xa5\xc6", "テ", true},
		{"euc-kr", "\xb0\xa1", "가", true},
		{"iso-8859-1", "caf\xe9", "café", true},
		{"windows-1252", "\x80", "€", true},
		{"windows-1251", "\xc0", "А", true},
		{"koi8-r", "\xc1", "а", true},
		{"", "as it is \xff", "as it is \xff", true},
		{"ebcdic", "as it is", "as it is", true},
	}
	var c charset
	for _, x := range cases {
		got, ok := c.text(x.name, []byte(x.bytes))
		if string(got) != x.want || ok != x.ok {
			t.Errorf("%s %q is %q, %v", x.name, x.bytes, got, ok)
		}
	}
}

func TestEveryCharsetOfACollectionIsKnown(t *testing.T) {
	for _, name := range collect.Charsets() {
		if name != "utf-8" && name != "utf-16" && encodings[name] == nil {
			t.Errorf("%s cannot be read", name)
		}
	}
}

func FuzzCharset(f *testing.F) {
	f.Add("gb18030", []byte("\x81\x30\x81\x30\xc4"))
	f.Add("utf-16le", []byte("a\x00\x34\xd8b"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		var c charset
		text, _ := c.text(name, b)
		if encodings[name] != nil && !utf8.Valid(text) {
			t.Fatalf("%s %q becomes %q", name, b, text)
		}
	})
}
