package format

import (
	"fmt"
	"testing"
)

// FuzzUsualLinesAreReadAsAnyOther checks the quick way through an access line against the careful one.
func FuzzUsualLinesAreReadAsAnyOther(f *testing.F) {
	const head = `203.0.113.7 - - [22/Nov/2026:19:00:00 +0100] "`
	for _, line := range []string{
		head + `GET /cart?id=7 HTTP/1.1" 200 512 "-" "curl/8.11.1"`,
		head + `GET / HTTP/1.0" 304 - "https://shop.example/" "a" "203.0.113.9" 0.002`,
		head + `PROPFIND /.a/b.tar.gz?x=1?y=/z.q! HTTP/2.0" 207 0`,
		head + `GET /a.?# HTTP/1.1" 200 0123 "\\" "\""`,
		head + `GET /a b HTTP/1.1" 200 12345678 "a" "b`,
		head + `G /é HTTP/3.0" 099 1  "a"`,
		`2001:db8::7 - alice [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5`,
		`::ffff:1.2.3.4 - a[b [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5`,
		`1.2.3.4 - al ice [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5`,
		`1.2.3.4 -  [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5`,
		`1.2.3.4 - "" [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5`,
	} {
		f.Add(line, false)
		f.Add(line, true)
	}
	f.Fuzz(func(t *testing.T, line string, dashes bool) {
		read := func(careful bool) (usual bool, document string) {
			p := newParser(t, "nginx.access")
			p.in.Line = []byte(line)
			l := accessLine{dashes: dashes}
			err := error(nil)
			if careful {
				err = l.cutAny(&p.in)
			} else {
				err = l.cut(&p.in)
			}
			if err == nil {
				l.set(&p.in)
			}
			return l.usual.draft != nil, fmt.Sprintf("%v %q %s", err, l.tail, p.in.Event.Append(nil))
		}
		usual, got := read(false)
		if _, want := read(true); usual && got != want {
			t.Fatalf("%q is %s\nand carefully %s", line, got, want)
		}
	})
}

func TestLinesOfAnyServerAreUsual(t *testing.T) {
	for _, line := range []string{
		`203.0.113.7 - - [22/Nov/2026:19:00:00 +0100] "GET /cart?id=7 HTTP/1.1" 200 512 "-" "curl/8.11.1"`,
		`1.2.3.4 - - [22/Nov/2026:19:00:00 +0100] "OPTIONS /a!b.c HTTP/2.0" 304 - "-" "-" "-" 0.002`,
		`1.2.3.4 - - [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5`,
		`2001:db8::7 - alice [22/Nov/2026:19:00:00 +0100] "GET / HTTP/1.1" 200 5`,
	} {
		p := newParser(t, "nginx.access")
		p.in.Line = []byte(line)
		var u usualLine
		if !u.cut(&p.in, false) {
			t.Errorf("%s is none", line)
		}
	}
}

func TestAddressesOfIPv4EndBehindTheirLastDigit(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "1.2.3.4": 7, "255.255.255.255": 15, "255.255.255.2555": 0, "1.2.3.4 - - [22/Nov/2026:19:00:00 +0100]": 7,
		"10.20.30.40.50": 11, "1.2.3": 0, "1..3.4": 0, "01.2.3.4": 0, "1.2.3.04": 0, "256.1.1.1": 0, "1.1.1.300": 0, "0.0.0.0": 7,
		"\x00\x00\x00\x01": 0, "1.2.3.": 0, ".1.2.3": 0, "1,2,3,4": 0, "1.2.3.4\xff": 7,
	} {
		if got := ipv4([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
