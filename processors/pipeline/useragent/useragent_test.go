package useragent

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func TestAgentsAreNamed(t *testing.T) {
	for text, want := range map[string]Agent{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.61":       {"Edge", "120.0.2210.61", "Windows", "10", "Windows 10", "Other", "Desktop"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1": {"Mobile Safari", "17.1", "iOS", "17.1", "iOS 17.1", "iPhone", "Phone"},
		"Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36":        {"Chrome Mobile", "119.0.0.0", "Android", "13", "Android 13", "Pixel 7", "Phone"},
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                                                                {"Googlebot", "2.1", "", "", "", "Spider", "Robot"},
		"Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0":                                                                  {"Firefox", "115.0", "Linux", "", "Linux", "Other", "Desktop"},
		"curl/8.4.0": {"curl", "8.4.0", "", "", "", "Other", "Other"},
		"-":          {"Other", "", "", "", "", "Other", "Other"},
	} {
		if got := Parse(text); got != want {
			t.Errorf("%s\ngives %+v\nwant  %+v", text, got, want)
		}
	}
}

func TestAKnownAgentAllocatesNothing(t *testing.T) {
	c, text := NewCache(), []byte("curl/8.4.0")
	c.Lookup(text)
	if n := testing.AllocsPerRun(100, func() { c.Lookup(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestHeadersThatAreTheSameAtAGlanceAreToldApart(t *testing.T) {
	e, c := event.New(event.NewSchema()), NewCache()
	targets := make([]event.ID, NumFields)
	for f, name := range Fields {
		targets[f] = e.InternText(name)
	}
	document := func(a *Answer) string {
		e.Reset()
		a.Set(e, targets)
		return string(e.Append(nil))
	}
	glances := map[uint64]bool{}
	for n := range 200 {
		text := fmt.Appendf(nil, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/%d (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36", 500+n%100)
		glances[glance(text)] = true
		if got, want := document(c.Lookup(text)), document(NewCache().Lookup(text)); got != want {
			t.Fatalf("%s is %s, not %s", text, got, want)
		}
	}
	if len(glances) > 1 {
		t.Errorf("they have %d glances", len(glances))
	}
}

// BenchmarkLookup asks for some hundred browsers that differ by their versions.
func BenchmarkLookup(b *testing.B) {
	texts := make([][]byte, 240)
	for i := range texts {
		texts[i] = fmt.Appendf(nil, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", i)
	}
	c := NewCache()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Lookup(texts[i*7%len(texts)])
	}
}
