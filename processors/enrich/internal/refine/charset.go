package refine

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// encodings are those that collect.Charsets names, as segments do: an agent has resolved
// "utf-16" to one of its two orders.
var encodings = map[string]encoding.Encoding{
	"utf-16le":     unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"utf-16be":     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"gbk":          simplifiedchinese.GBK,
	"gb18030":      simplifiedchinese.GB18030,
	"big5":         traditionalchinese.Big5,
	"shift-jis":    japanese.ShiftJIS,
	"euc-jp":       japanese.EUCJP,
	"euc-kr":       korean.EUCKR,
	"iso-8859-1":   charmap.ISO8859_1,
	"iso-8859-15":  charmap.ISO8859_15,
	"windows-1251": charmap.Windows1251,
	"windows-1252": charmap.Windows1252,
	"koi8-r":       charmap.KOI8R,
}

// knownCharset reports whether segments of this charset can be read.
func knownCharset(name string) bool {
	return name == "" || strings.EqualFold(name, "utf-8") || encodings[name] != nil
}

// charset converts the events of segments that are not UTF-8. The zero value is ready.
type charset struct {
	decoders map[string]*encoding.Decoder
	buf      []byte
}

// text is an event in UTF-8, and whether all of it could be read: what could not be
// stands as U+FFFD. It is valid until the next call. A charset that nobody knows is
// taken for UTF-8.
func (c *charset) text(name string, b []byte) (text []byte, ok bool) {
	d := c.decoder(name)
	if d == nil {
		return b, true
	}
	d.Reset()
	c.buf = c.buf[:0]
	for src := b; ; {
		if cap(c.buf)-len(c.buf) < 2*utf8.UTFMax+3*len(src)/2 {
			c.buf = append(make([]byte, 0, 2*cap(c.buf)+3*len(b)/2+2*utf8.UTFMax), c.buf...)
		}
		written, read, err := d.Transform(c.buf[len(c.buf):cap(c.buf)], src, true)
		c.buf, src = c.buf[:len(c.buf)+written], src[read:]
		if err == nil || written+read == 0 {
			break
		}
	}
	return c.buf, !bytes.ContainsRune(c.buf, utf8.RuneError)
}

func (c *charset) decoder(name string) *encoding.Decoder {
	d, known := c.decoders[name]
	if !known {
		if e := encodings[name]; e != nil {
			d = e.NewDecoder()
		}
		if c.decoders == nil {
			c.decoders = map[string]*encoding.Decoder{}
		}
		c.decoders[name] = d
	}
	return d
}
