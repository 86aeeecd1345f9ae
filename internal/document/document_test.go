package document

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestLeavesOfADocument(t *testing.T) {
	var p Parser
	var d Doc
	err := p.Parse(` {"a":{"b":"x","c.d":[1,2.50,true,null,{"e":"\u00fc\n\ud83d\ude00"}]},"@timestamp":"2026-11-22T12:00:00.5+01:00","f":{},"g":[],"h":1e2} `, &d)
	if err != nil {
		t.Fatal(err)
	}
	want := []Leaf{
		{"a.b", "x", String},
		{"a.c.d", "1", Number},
		{"a.c.d", "2.5", Number},
		{"a.c.d", "true", Bool},
		{"a.c.d.e", "ü\n😀", String},
		{"@timestamp", "2026-11-22T12:00:00.5+01:00", String},
		{"h", "100", Number},
	}
	if !reflect.DeepEqual(d.Leaves, want) {
		t.Errorf("got %+v", d.Leaves)
	}
	if at := time.UnixMilli(d.Time).UTC(); !at.Equal(time.Date(2026, 11, 22, 11, 0, 0, 5e8, time.UTC)) {
		t.Errorf("time is %v", at)
	}
}

func TestTokens(t *testing.T) {
	var p Parser
	var d Doc
	long := strings.Repeat("x", MaxValue+1)
	if err := p.Parse(`{"@timestamp":0,"message":["Hello db.internal","a:b"],"user":{"name":"Bob O'x"},"p":"`+long+`","host.name":"h","log":{"offset":5}}`, &d); err != nil {
		t.Fatal(err)
	}
	want := `hello db.internal 'y a b user.name:=bob'20=o'27x p:` + long[1:] + `'z `
	if got := string(d.AppendTokens(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// FuzzParse compares with the standard library on what is JSON, and round-trips every string that is found.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,-0.5e+3,{"b":null}]}`, `{"a":"\ud800\u0041\\"}`, `{"a":01}`, `{"a":tru}`, `{"a":"` + "\x01" + `"}`, `{"a":1}}`, `{"@timestamp":"2026-02-30"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var p Parser
		var d Doc
		err := p.Parse(s, &d)
		good := err == nil || errors.Is(err, ErrNoTime)
		var o map[string]any
		valid := json.Unmarshal([]byte(s), &o) == nil && o != nil
		if good != valid && strings.Count(s, "[")+strings.Count(s, "{") < MaxDepth && !strings.Contains(s, "e") && !strings.Contains(s, "E") {
			t.Fatalf("Parse(%q) = %v, but encoding/json says %v", s, err, valid)
		}
		if !good {
			return
		}
		for _, tok := range strings.Fields(string(d.AppendTokens(nil))) {
			if strings.ContainsAny(tok, "\"\x00") {
				t.Fatalf("%q gives the token %q", s, tok)
			}
		}
	})
}
